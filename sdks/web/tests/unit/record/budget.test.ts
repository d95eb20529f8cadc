import { expect, test } from "vitest";

import { budget, gate } from "../../../src/record/budget.js";

test("a budget is spent, goes into debt, and fills with time", () => {
  const tokens = budget(100, 10);
  expect(tokens.spend(90, 0)).toBe(10);
  expect(tokens.spend(20, 0)).toBe(-10);
  expect(tokens.spend(0, 2000)).toBe(10);
  expect(tokens.spend(0, 1e9)).toBe(100);
});

test("one large change is forgiven in bounded time", () => {
  const tokens = budget(100, 10);
  tokens.spend(1e9, 0);
  expect(tokens.spend(0, 10_000)).toBe(0);
});

test("a gate lets a burst through, then its rate", () => {
  const mayPass = gate(3, 1);
  expect([0, 0, 0, 0, 500, 1000, 1000, 2000].map(mayPass)).toEqual([true, true, true, false, false, true, false, true]);
});
