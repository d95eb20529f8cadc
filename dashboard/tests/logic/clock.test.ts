import { expect, test } from "vitest";
import { stepBefore } from "../../src/logic/clock";
import { clock } from "../../src/logic/format";

test("the clock shows the second that was gone to, whenever the session began", () => {
  const starts = [1_732_540_000_000, 1_732_540_000_101, 1_732_540_000_199];

  const shown = starts.map((from) => clock(stepBefore(from + 49_000, from) - from));

  expect(shown).toEqual(starts.map(() => clock(49_000)));
});

test("the clock steps five times a second", () => {
  expect([0, 199, 200, 399].map((at) => stepBefore(1_001 + at, 1_001) - 1_001)).toEqual([0, 0, 200, 200]);
});
