import { expect, test } from "vitest";
import type { Entry } from "../../src/recording/entry";
import { waterfallOf } from "../../src/recording/waterfall";

function request(started: number, duration: number | null): Entry {
  return {
    kind: "network",
    at_ms: started,
    window_id: "w1",
    title: "",
    detail: null,
    level: "",
    request: {
      method: "GET",
      url: String(started),
      kind: "fetch",
      status: 200,
      started_at_ms: started,
      duration_ms: duration,
      bytes: null,
      has_failed: false,
    },
  };
}

test("bars lie by start and length, the earliest first", () => {
  const bars = waterfallOf([request(1500, 250), request(1000, 500)], 1000, 2000);

  expect(bars.map((bar) => [bar.request.url, bar.left, bar.width])).toEqual([
    ["1000", 0, 0.5],
    ["1500", 0.5, 0.25],
  ]);
});

test("a bar never leaves the line, and an unknown length is none", () => {
  const bars = waterfallOf([request(500, 100), request(1900, 5000), request(1200, null)], 1000, 2000);

  expect(bars.map((bar) => [bar.left, Number((bar.left + bar.width).toFixed(3))])).toEqual([
    [0, 0],
    [0.2, 0.2],
    [0.9, 1],
  ]);
});
