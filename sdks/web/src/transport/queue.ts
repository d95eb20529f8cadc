// Segments that wait: what a queue can do, which are given up when it is full, and a queue in memory.

import type { Segment } from "../segment/segment.js";

/** What is known of a waiting segment without reading it. */
export interface Waiting {
  readonly key: string;
  readonly bytes: number;
  readonly created_at_ms: number;
  /** Nobody but the page that made it sends it before. */
  readonly not_before_ms: number;
}

export interface QueueLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Keeps segments until they are taken. */
export interface SegmentQueue {
  /** True once the segment would survive the page. */
  put(segment: Segment, notBeforeMs: number): Promise<boolean>;
  postpone(key: string, notBeforeMs: number): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** All of them, oldest first. */
  waiting(): Promise<Waiting[]>;
  read(key: string): Promise<Segment | undefined>;
  clear(): Promise<void>;
}

/** Which are given up: the too old, then the oldest until the rest fits. */
export function surplus(waiting: readonly Waiting[], limits: QueueLimits, nowMs: number): string[] {
  const given: string[] = [];
  let bytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
  for (const one of waiting) {
    const isTooOld = nowMs - one.created_at_ms > limits.maxAgeMs;
    if (!isTooOld && bytes <= limits.maxBytes) continue;
    given.push(one.key);
    bytes -= one.bytes;
  }
  return given;
}

export function waitingFor(segment: Segment, notBeforeMs: number): Waiting {
  const { key, created_at_ms, events, visitor } = segment;
  return { key, created_at_ms, bytes: events.length + visitor.length + 200, not_before_ms: notBeforeMs };
}

/** Oldest first; of one window by number, whatever the clock did. */
export function inOrder(a: Waiting, b: Waiting): number {
  return a.created_at_ms - b.created_at_ms || (a.key < b.key ? -1 : 1);
}

/** For browsers without IndexedDB, and for tests. */
export function memoryQueue(): SegmentQueue {
  const kept = new Map<string, { head: Waiting; segment: Segment }>();
  return {
    put: async (segment, notBeforeMs) => {
      kept.set(segment.key, { head: waitingFor(segment, notBeforeMs), segment });
      return false;
    },
    postpone: async (key, notBeforeMs) => {
      const found = kept.get(key);
      if (found) kept.set(key, { ...found, head: { ...found.head, not_before_ms: notBeforeMs } });
    },
    remove: async (keys) => {
      for (const key of keys) kept.delete(key);
    },
    waiting: async () => [...kept.values()].map(({ head }) => head).sort(inOrder),
    read: async (key) => kept.get(key)?.segment,
    clear: async () => kept.clear(),
  };
}
