import { expect, test } from "vitest";
import { Recording } from "../../src/recording/recording";

function line(window: string, type: number, timestamp: number, data: object = {}): string {
  return JSON.stringify({ window_id: window, segment_id: 0, type, timestamp, data });
}

const TWO_WINDOWS = [
  line("w1", 4, 1000, { href: "https://a.example/", width: 800, height: 600 }),
  line("w1", 2, 1010, { node: { type: 0, id: 1, childNodes: [] } }),
  line("w1", 3, 5000, { source: 2, type: 2, id: 1 }),
  line("w1", 5, 5001, { tag: "error", payload: { name: "E", message: "m" } }),
  line("w2", 4, 2000, { href: "https://a.example/b" }),
  line("w2", 5, 2001, { tag: "page_facts", payload: { release: "1.2" } }),
];

async function loaded(body: string, chunk = 7): Promise<Recording> {
  const pieces = body.match(new RegExp(`[\\s\\S]{1,${chunk}}`, "g")) ?? [];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  const recording = new Recording(async () => new Response(stream));
  await new Promise<void>((resolve) => {
    recording.subscribe(() => {
      if (recording.state !== "loading") resolve();
    });
  });
  return recording;
}

test("windows keep their own events, and the panels' rows are merged by time", async () => {
  const recording = await loaded(TWO_WINDOWS.join("\n"));

  expect([...recording.windows.values()].map((each) => [each.window_id, each.events.length])).toEqual([
    ["w1", 4],
    ["w2", 2],
  ]);
  expect(recording.entries.map((each) => each.at_ms)).toEqual([1000, 2000, 5000, 5001]);
  expect(recording.extent()).toEqual({ from_ms: 1000, to_ms: 5001 });
  expect(recording.facts).toEqual({ release: "1.2" });
});

test("only a window with a full snapshot can be shown", async () => {
  const recording = await loaded(TWO_WINDOWS.join("\n"));

  expect(recording.playable().map((each) => each.window_id)).toEqual(["w1"]);
});

test("listeners hear of the first frame before the rest has come", async () => {
  let send: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      send = controller;
    },
  });
  const recording = new Recording(async () => new Response(stream));
  const heard = new Promise<string>((resolve) => {
    recording.subscribe(() => {
      if (recording.playable().length > 0) resolve(recording.state);
    });
  });

  send?.enqueue(new TextEncoder().encode(`${TWO_WINDOWS.slice(0, 2).join("\n")}\n`));

  expect(await heard).toBe("loading");
  recording.close();
});

test("a recording that breaks off says so, and keeps what has come", async () => {
  let sent = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      if (sent === 1) controller.enqueue(new TextEncoder().encode(`${TWO_WINDOWS[0]}\n`));
      else controller.error(new Error("broken off"));
    },
  });
  const recording = new Recording(async () => new Response(stream));
  await new Promise<void>((resolve) => {
    recording.subscribe(() => {
      if (recording.state === "failed") resolve();
    });
  });

  expect(recording.error?.message).toBe("broken off");
  expect(recording.events).toBe(1);
});
