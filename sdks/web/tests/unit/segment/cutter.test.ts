import { describe, expect, test } from "vitest";

import { CUT_AT_BYTES, Cutter, MOST_EVENTS } from "../../../src/segment/cutter.js";

const EVENT = '{"type":3}';
const filled = (events: number, atMs = 0) => {
  const cutter = new Cutter();
  for (let i = 0; i < events; i += 1) cutter.add(EVENT, false, atMs);
  return cutter;
};

describe("the rhythm", () => {
  test("nothing is due while nothing is there", () => {
    expect(new Cutter().dueAtMs()).toBeNull();
  });

  test("a snapshot is due at once", () => {
    const cutter = filled(1, 100);
    cutter.add(EVENT, true, 150);
    expect(cutter.dueAtMs()).toBe(0);
  });

  test("then one second after the first cut, then five after the first event that waits", () => {
    const cutter = filled(1, 0);
    cutter.take(100);
    cutter.add(EVENT, false, 300);
    expect(cutter.dueAtMs()).toBe(1100);
    cutter.take(1100);
    cutter.add(EVENT, false, 1200);
    cutter.add(EVENT, false, 4000);
    expect(cutter.dueAtMs()).toBe(6200);
  });

  test("before any snapshot, five seconds", () => {
    expect(filled(1, 50).dueAtMs()).toBe(5050);
  });

  test("100 KB are due at once", () => {
    const cutter = filled(0);
    cutter.add("x".repeat(CUT_AT_BYTES), false, 0);
    expect(cutter.dueAtMs()).toBe(0);
  });

  test("an event that comes long after the first cut waits for no time that has passed", () => {
    const cutter = filled(1);
    cutter.take(0);
    cutter.add(EVENT, false, 9000);
    expect(cutter.dueAtMs()).toBe(9000);
  });
});

describe("a cut", () => {
  test("takes everything, in order, as JSON, once", () => {
    const cutter = new Cutter();
    cutter.add('{"a":1}', false, 0);
    cutter.add('{"b":2}', false, 0);
    expect(cutter.take(0)).toEqual(['[{"a":1},{"b":2}]']);
    expect([cutter.take(0), cutter.isEmpty]).toEqual([[], true]);
  });

  test("splits what the door would not take in one, losing nothing", () => {
    const runs = filled(2 * MOST_EVENTS + 1)
      .take(0)
      .map((run) => JSON.parse(run).length);
    expect(runs).toEqual([MOST_EVENTS, MOST_EVENTS, 1]);
  });

  test("splits by bytes, and leaves a large event in a run of its own", () => {
    const cutter = new Cutter();
    for (const length of [40, 40, 300, 10]) cutter.add(JSON.stringify("x".repeat(length - 2)), false, 0);
    expect(cutter.take(0, 100).map((run) => JSON.parse(run).map((text: string) => text.length + 2))).toEqual([
      [40, 40],
      [300],
      [10],
    ]);
  });
});
