import "fake-indexeddb/auto";

import { beforeEach, describe, expect, test } from "vitest";

import type { Segment } from "../../../src/segment/segment.js";
import { idbQueue } from "../../../src/transport/idb_queue.js";
import { memoryQueue, type SegmentQueue, surplus } from "../../../src/transport/queue.js";

const segment = (number: number, events = "[]"): Segment => ({
  key: `s/w/${String(number).padStart(10, "0")}`,
  session_id: "s",
  window_id: "w",
  segment_id: number,
  final: false,
  visitor: "{}",
  events,
  created_at_ms: 1000,
});
let count = 0;

describe.each([
  ["in memory", () => memoryQueue()],
  ["in IndexedDB", () => idbQueue(`queue-${count}`, indexedDB)],
  ["where IndexedDB is missing", () => idbQueue("none", undefined)],
])("a queue %s", (_name, open: () => SegmentQueue) => {
  let queue: SegmentQueue;
  beforeEach(() => {
    count += 1;
    queue = open();
  });

  test("gives back exactly what was put, oldest and lowest number first", async () => {
    for (const number of [10, 9, 2]) await queue.put(segment(number, `["${number}"]`), 5);
    const keys = (await queue.waiting()).map(({ key }) => key);
    expect(keys).toEqual([2, 9, 10].map((number) => segment(number).key));
    expect(await queue.read(keys[0] as string)).toEqual(segment(2, '["2"]'));
  });

  test("forgets what was removed", async () => {
    await queue.put(segment(1), 0);
    await queue.put(segment(2), 0);
    await queue.remove([segment(1).key]);
    expect((await queue.waiting()).map(({ key }) => key)).toEqual([segment(2).key]);
    expect(await queue.read(segment(1).key)).toBeUndefined();
    await queue.clear();
    expect(await queue.waiting()).toEqual([]);
  });

  test("postpones only what is there", async () => {
    await queue.put(segment(1), 5);
    await queue.postpone(segment(1).key, 99);
    await queue.postpone("nobody", 99);
    expect((await queue.waiting()).map(({ not_before_ms }) => not_before_ms)).toEqual([99]);
  });
});

test("segments in IndexedDB survive the page", async () => {
  const queue = idbQueue("kept", indexedDB);
  expect(await queue.put(segment(1), 0)).toBe(true);
  expect(await queue.put(segment(2), 0)).toBe(true);
  expect(await idbQueue("kept", indexedDB).waiting()).toHaveLength(2);
});

test("a database that refuses leaves the segments in memory, and says that they are not safe", async () => {
  const refusing = {
    open: () => {
      throw new DOMException("denied", "SecurityError");
    },
  } as unknown as IDBFactory;
  const queue = idbQueue("refused", refusing);
  expect(await queue.put(segment(1), 0)).toBe(false);
  expect(await queue.read(segment(1).key)).toEqual(segment(1));
});

describe("the surplus", () => {
  const waiting = [1, 2, 3, 4].map((number) => ({
    key: `k${number}`,
    bytes: 100,
    created_at_ms: number * 1000,
    not_before_ms: 0,
  }));

  test("is nothing while all fits", () => {
    expect(surplus(waiting, { maxBytes: 400, maxAgeMs: 10_000 }, 5000)).toEqual([]);
  });

  test("is the oldest until the rest fits", () => {
    expect(surplus(waiting, { maxBytes: 250, maxAgeMs: 10_000 }, 5000)).toEqual(["k1", "k2"]);
  });

  test("is what is too old, however much room there is", () => {
    expect(surplus(waiting, { maxBytes: 1e9, maxAgeMs: 2500 }, 5000)).toEqual(["k1", "k2"]);
  });
});
