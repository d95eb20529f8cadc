import { expect, test } from "vitest";
import { spansOf, windowAt } from "../../src/recording/windows";

const first = { window_id: "w1", from_ms: 0, to_ms: 60_000 };
const second = { window_id: "w2", from_ms: 10_000, to_ms: 90_000 };

test("one window is one stretch", () => {
  expect(spansOf([{ window_id: "w1", at_ms: 5 }], [first])).toEqual([
    { window_id: "w1", from_ms: 0, to_ms: 60_000 },
  ]);
});

test("the player follows the visitor from window to window and back", () => {
  const presences = [
    { window_id: "w2", at_ms: 10_000 },
    { window_id: "w2", at_ms: 12_000 },
    { window_id: "w1", at_ms: 30_000 },
    { window_id: "w1", at_ms: 1_000 },
    { window_id: "w2", at_ms: 70_000 },
  ];

  const spans = spansOf(presences, [second, first]);

  expect(spans).toEqual([
    { window_id: "w1", from_ms: 0, to_ms: 10_000 },
    { window_id: "w2", from_ms: 10_000, to_ms: 30_000 },
    { window_id: "w1", from_ms: 30_000, to_ms: 70_000 },
    { window_id: "w2", from_ms: 70_000, to_ms: 90_000 },
  ]);
});

test("a time is in the stretch that began last", () => {
  const spans = [
    { window_id: "w1", from_ms: 0, to_ms: 10 },
    { window_id: "w2", from_ms: 10, to_ms: 20 },
  ];

  expect([windowAt(spans, -5), windowAt(spans, 9), windowAt(spans, 10), windowAt(spans, 99)]).toEqual([
    "w1",
    "w1",
    "w2",
    "w2",
  ]);
  expect(windowAt([], 0)).toBeNull();
});
