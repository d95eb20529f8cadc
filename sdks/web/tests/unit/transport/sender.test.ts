import { describe, expect, test } from "vitest";

import type { Segment } from "../../../src/segment/segment.js";
import { type Answer, NO_ANSWER } from "../../../src/transport/answer.js";
import type { Carrier } from "../../../src/transport/carrier.js";
import { memoryQueue } from "../../../src/transport/queue.js";
import { openSender } from "../../../src/transport/sender.js";

const segment = (number: number): Segment => ({
  key: `s/w/${String(number).padStart(10, "0")}`,
  session_id: "s",
  window_id: "w",
  segment_id: number,
  final: false,
  visitor: "{}",
  events: `["${"x".repeat(1000)}"]`,
  created_at_ms: Date.now() + number,
});

const silent: Carrier = {
  send: async () => NO_ANSWER,
  sendLast: () => false,
  abort: () => {},
};

function opened(carrier: Carrier, maxBytes: number) {
  const queue = memoryQueue();
  const told: [string, number][] = [];
  const wanted: (Segment | null)[] = [];
  const sender = openSender({
    endpoint: "http://door",
    key: "k",
    sdkVersion: "1",
    carrier,
    queue,
    limits: { maxBytes, maxAgeMs: 60_000 },
    lockName: "lock",
    random: () => 0.5,
    onSnapshotWanted: (of) => wanted.push(of),
    onForbidden: () => {},
    onLost: (segments, reason) => told.push([reason, segments]),
  });
  return { queue, told, wanted, sender };
}

describe("a sender whose door does not answer", () => {
  test("keeps to the limits of the queue and says what it gave up", async () => {
    const { queue, told, sender } = opened(silent, 4000);
    sender.start();
    for (let number = 0; number < 10; number += 1) sender.submit(segment(number));
    await sender.settled();
    await sender.settled();

    const left = await queue.waiting();
    expect(left.map(({ key }) => key)).toEqual([7, 8, 9].map((number) => segment(number).key));
    const lost = told.map(([, segments]) => segments);
    expect(lost.reduce((sum, one) => sum + one, 0)).toBe(7);
    expect(new Set(told.map(([reason]) => reason))).toEqual(new Set(["queue_full"]));
    sender.stop();
  });
});

test("a segment that can never be taken is told, and a snapshot follows the next that is", async () => {
  const problem: Answer = { ...NO_ANSWER, status: 409, contentType: "application/problem+json" };
  const accepted: Answer = { ...NO_ANSWER, status: 202, body: '{"outcome":"accepted"}' };
  const answers = [problem, accepted];
  const { told, wanted, sender } = opened({ ...silent, send: async () => answers.shift() ?? accepted }, 1e6);
  sender.start();
  sender.submit(segment(0));
  await sender.settled();
  expect([told, wanted]).toEqual([[], []]);

  sender.submit(segment(1));
  await sender.settled();
  expect(told).toEqual([["refused", 1]]);
  expect(wanted).toEqual([null]);
  sender.stop();
});
