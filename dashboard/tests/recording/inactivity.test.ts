import { expect, test } from "vitest";
import { gapsOf, INACTIVE_MS, MARGIN_MS, skipFrom } from "../../src/recording/inactivity";

test("a pause of ten seconds is a gap, less is none", () => {
  expect(gapsOf([0, INACTIVE_MS - 1], 0, INACTIVE_MS)).toEqual([]);
  expect(gapsOf([0, INACTIVE_MS], 0, INACTIVE_MS)).toEqual([
    { from_ms: MARGIN_MS, to_ms: INACTIVE_MS - MARGIN_MS },
  ]);
});

test("waiting at the start and at the end counts", () => {
  const gaps = gapsOf([20_000], 0, 45_000);

  expect(gaps).toEqual([
    { from_ms: 1000, to_ms: 19_000 },
    { from_ms: 21_000, to_ms: 44_000 },
  ]);
});

test("a time that steps back opens no gap", () => {
  expect(gapsOf([9_000, 3_000, 12_000], 0, 12_000)).toEqual([]);
});

test("skipping leads to the end of the gap, and nowhere outside of one", () => {
  const gaps = [{ from_ms: 1000, to_ms: 19_000 }];

  expect(skipFrom(gaps, 500)).toBe(500);
  expect(skipFrom(gaps, 1000)).toBe(19_000);
  expect(skipFrom(gaps, 19_000)).toBe(19_000);
});
