import { expect, test } from "vitest";
import type { FrustrationBucket } from "../../src/api/documents";
import { columnsOf, filled, linePath } from "../../src/logic/chart";

function bucket(at: number, sessions: number, mean: number | null): FrustrationBucket {
  return { at_ms: at, sessions, mean_score: mean, p90_score: mean };
}

test("stretches without sessions are filled in", () => {
  const all = filled([bucket(0, 2, 10), bucket(3000, 1, 20)], 1000);

  expect(all.map((each) => [each.at_ms, each.sessions])).toEqual([
    [0, 2],
    [1000, 0],
    [2000, 0],
    [3000, 1],
  ]);
});

test("far more stretches than a chart can show are left as they are", () => {
  const sparse = [bucket(0, 1, 1), bucket(10_000_000, 1, 1)];

  expect(filled(sparse, 1)).toEqual(sparse);
});

test("bars are shares of the busiest stretch", () => {
  const columns = columnsOf([bucket(0, 2, 0), bucket(1, 8, 0)], 100);

  expect(columns.map((column) => [column.x, column.width, column.bar])).toEqual([
    [0, 50, 0.25],
    [50, 50, 1],
  ]);
});

test("a line breaks where there is no session", () => {
  const columns = columnsOf([bucket(0, 1, 0), bucket(1, 0, null), bucket(2, 1, 100), bucket(3, 1, 50)], 40);

  expect(linePath(columns, (each) => each.mean_score, 100)).toBe("M5.0 100.0M25.0 0.0L35.0 50.0");
});
