import { expect, test } from "vitest";

import { backoffMs } from "../../../src/transport/backoff.js";

test("waits double from one second to one minute", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((failures) => backoffMs(failures, () => 1));
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("half of a wait is chance", () => {
  expect([0, 0.5, 0.999].map((chance) => Math.round(backoffMs(3, () => chance)))).toEqual([2000, 3000, 3998]);
});
