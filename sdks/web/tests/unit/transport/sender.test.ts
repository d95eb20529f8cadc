import { describe, expect, test } from "vitest";

import type { Segment } from "../../../src/segment/segment.js";
import { NO_ANSWER } from "../../../src/transport/answer.js";
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

describe("a sender whose door does not answer", () => {
  test("keeps to the limits of the queue and says what it gave up", async () => {
    const queue = memoryQueue();
    let lost = 0;
    const sender = openSender({
      endpoint: "http://door",
      key: "k",
      sdkVersion: "1",
      carrier: silent,
      queue,
      limits: { maxBytes: 4000, maxAgeMs: 60_000 },
      lockName: "lock",
      random: () => 0.5,
      onSnapshotWanted: () => {},
      onForbidden: () => {},
      onLost: (segments) => {
        lost += segments;
      },
    });
    sender.start();
    for (let number = 0; number < 10; number += 1) sender.submit(segment(number));
    await sender.settled();
    await sender.settled();

    const left = await queue.waiting();
    expect(left.map(({ key }) => key)).toEqual([7, 8, 9].map((number) => segment(number).key));
    expect(lost).toBe(7);
    sender.stop();
  });
});
