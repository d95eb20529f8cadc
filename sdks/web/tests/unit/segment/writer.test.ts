import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Segment } from "../../../src/segment/segment.js";
import { bodyOf } from "../../../src/segment/segment.js";
import { openWriter } from "../../../src/segment/writer.js";
import { openStore } from "../../../src/session/storage.js";
import { trackWindow } from "../../../src/session/window.js";

let segments: [Segment, boolean][];
const beforeFirstCut = vi.fn();

const open = () => {
  const window = trackWindow(openStore("sessionStorage", "tf_x_"));
  const { window_id } = window.open("s", 1);
  const writer = openWriter({
    window,
    visitor: () => ({ anonymous_id: "v" }),
    onSegment: (segment, isLast) => segments.push([segment, isLast]),
    beforeFirstCut,
  });
  writer.open({ session_id: "s", window_id });
  return writer;
};

beforeEach(() => {
  segments = [];
  sessionStorage.clear();
  beforeFirstCut.mockClear();
  vi.useFakeTimers({ now: 1_764_000_000_000, toFake: ["Date", "performance"] });
});
afterEach(() => vi.useRealTimers());

const cutNow = { isFinal: false, isLast: false };

test("segments are numbered without a gap and carry what the door asks for", () => {
  const writer = open();
  writer.add({ type: 3 });
  writer.cut(cutNow);
  writer.add({ type: 4 });
  writer.cut({ isFinal: true, isLast: false });

  expect(segments.map(([{ segment_id, final }]) => [segment_id, final])).toEqual([
    [0, false],
    [1, true],
  ]);
  const body = JSON.parse(bodyOf(segments[1]?.[0] as Segment, 7, "1.0.0"));
  expect(body).toMatchObject({
    segment_id: 1,
    sent_at_ms: 7,
    final: true,
    sdk: { name: "web", version: "1.0.0" },
    visitor: { anonymous_id: "v" },
    events: [{ type: 4 }],
  });
});

test("nothing is cut from nothing, but the end of a window that sent something is told", () => {
  const writer = open();
  writer.cut({ isFinal: true, isLast: true });
  expect(segments).toEqual([]);
  writer.add({ type: 3 });
  writer.cut(cutNow);
  writer.cut({ isFinal: true, isLast: true });
  expect(segments.at(-1)?.[0]).toMatchObject({ segment_id: 1, final: true, events: "[]" });
});

test("a page that leaves cuts small segments, of which only the last is final", () => {
  const writer = open();
  for (let i = 0; i < 5; i += 1) writer.add({ type: 3, data: "x".repeat(20_000) } as { type: number });
  writer.cut({ isFinal: true, isLast: true });
  expect(segments.map(([{ final }, isLast]) => [final, isLast])).toEqual([
    [false, true],
    [false, true],
    [false, true],
    [false, true],
    [true, true],
  ]);
});

test("the last moment to join another session comes once per window, before anything is numbered", () => {
  const writer = open();
  writer.add({ type: 3 });
  writer.cut(cutNow);
  writer.add({ type: 3 });
  writer.cut(cutNow);
  expect(beforeFirstCut).toHaveBeenCalledTimes(1);
});

test("the end of a window is told once, however often it is said", () => {
  const writer = open();
  writer.add({ type: 3 });
  writer.cut({ isFinal: true, isLast: false });
  writer.cut({ isFinal: true, isLast: false });

  expect(segments.map(([{ segment_id, final }]) => [segment_id, final])).toEqual([[0, true]]);
});
