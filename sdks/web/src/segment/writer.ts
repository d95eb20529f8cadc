// Turns this window's events into segments, in ARCHITECTURE's rhythm.

import { cancel, later, now, stringify } from "../natives.js";
import type { WindowTracker } from "../session/window.js";
import { Cutter, LARGEST_EVENT_BYTES } from "./cutter.js";
import { customEvent, type Omission, type Segment } from "./segment.js";

/** Small enough that several fit where a leaving page may still send (64 KiB in all). */
const LEAVING_BYTES = 25_000;

export interface WriterOptions {
  readonly window: WindowTracker;
  readonly visitor: () => unknown;
  /** A segment has been cut; `isLast`: the page may be about to go. */
  readonly onSegment: (segment: Segment, isLast: boolean) => void;
  /** Called before the first cut in a window: the last moment to join another session. */
  readonly beforeFirstCut: () => void;
}

export interface Writer {
  /** Where the events belong from now on. */
  open(place: { readonly session_id: string; readonly window_id: string }): void;
  add(event: { readonly type: number }): void;
  /** Cut what is there; `isFinal` cuts even where nothing is. */
  cut(how: { readonly isFinal: boolean; readonly isLast: boolean }): void;
  drop(): void;
}

export function openWriter(options: WriterOptions): Writer {
  let cutter = new Cutter();
  let place = { session_id: "", window_id: "" };
  let timer: number | null = null;
  let timerAtMs = 0;
  let hasCut = false;
  // Its end has been told: once is enough, and the window may be forgotten by now.
  let isEnded = false;

  const schedule = (): void => {
    const dueAtMs = cutter.dueAtMs();
    if (dueAtMs === null || (timer !== null && timerAtMs <= dueAtMs)) return;
    if (timer !== null) cancel(timer);
    timerAtMs = dueAtMs;
    timer = later(() => cut({ isFinal: false, isLast: false }), Math.max(0, dueAtMs - now()));
  };

  const submit = (events: string, isFinal: boolean, isLast: boolean): void => {
    const segment_id = options.window.nextSegmentId();
    const segment: Segment = {
      key: `${place.session_id}/${place.window_id}/${String(segment_id).padStart(10, "0")}`,
      ...place,
      segment_id,
      final: isFinal,
      visitor: stringify(options.visitor()),
      events,
      created_at_ms: now(),
    };
    options.onSegment(segment, isLast);
  };

  function cut({ isFinal, isLast }: { readonly isFinal: boolean; readonly isLast: boolean }): void {
    if (timer !== null) cancel(timer);
    timer = null;
    if (!hasCut && !cutter.isEmpty) options.beforeFirstCut();
    const runs = cutter.take(now(), isLast ? LEAVING_BYTES : undefined);
    if (runs.length === 0 && isFinal && hasCut && !isEnded) runs.push("[]");
    runs.forEach((run, i) => {
      submit(run, isFinal && i === runs.length - 1, isLast);
    });
    hasCut ||= runs.length > 0;
    isEnded = isFinal;
  }

  return {
    open: (next) => {
      if (next.window_id !== place.window_id) hasCut = isEnded = false;
      place = next;
      cutter.restart();
    },
    add: (event) => {
      const nowMs = now();
      let text = stringify(event);
      if (text.length > LARGEST_EVENT_BYTES) {
        const omission: Omission = { reason: "event_too_large", events: 1, bytes: text.length };
        text = stringify(customEvent("omitted", omission, nowMs));
      }
      cutter.add(text, event.type === 2, nowMs);
      schedule();
    },
    cut,
    drop: () => {
      if (timer !== null) cancel(timer);
      timer = null;
      cutter = new Cutter();
    },
  };
}
