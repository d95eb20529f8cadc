/** A recording as it comes: its events window by window, and what its panels show of them. */

import { type Entry, entriesOf } from "./entry";
import { EVENT, fields, isInteraction, parseEvent, type RecordedEvent } from "./event";
import { LineSplitter } from "./lines";
import { NodeNames } from "./node_names";
import type { Presence, WindowExtent } from "./windows";

/** One window of a recording. */
export interface WindowRecording extends WindowExtent {
  events: RecordedEvent[];
  first_snapshot_at_ms: number | null;
  names: NodeNames;
}

/** How far the recording has come. */
export type LoadState = "loading" | "complete" | "failed";

// Half a frame of 60 per second: between slices the page stays usable.
const SLICE_MS = 8;
const NOTIFY_MS = 200;

/** Fetches and keeps a recording. `version` rises whenever there is more to show. */
export class Recording {
  readonly windows = new Map<string, WindowRecording>();
  readonly entries: Entry[] = [];
  readonly interactions: number[] = [];
  readonly presences: Presence[] = [];
  facts: Record<string, unknown> | null = null;
  state: LoadState = "loading";
  error: Error | null = null;
  version = 0;
  events = 0;

  #listeners = new Set<() => void>();
  #takers = new Set<(event: RecordedEvent) => void>();
  #notifiedAt = 0;
  #abort = new AbortController();

  /** Begin to load; `open` gives the response whose body is NDJSON. */
  constructor(open: (signal: AbortSignal) => Promise<Response>) {
    void this.#load(open);
  }

  /** Be told that `version` has risen. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Be handed each event that comes from now on. */
  onEvent(taker: (event: RecordedEvent) => void): () => void {
    this.#takers.add(taker);
    return () => this.#takers.delete(taker);
  }

  /** Stop loading. */
  close(): void {
    this.#abort.abort();
    this.#listeners.clear();
    this.#takers.clear();
  }

  /** Return when the first event and the last were, as far as loaded. */
  extent(): { from_ms: number; to_ms: number } | null {
    const windows = [...this.windows.values()];
    if (windows.length === 0) return null;
    return {
      from_ms: Math.min(...windows.map((each) => each.from_ms)),
      to_ms: Math.max(...windows.map((each) => each.to_ms)),
    };
  }

  /** Return the windows that can be shown. */
  playable(): WindowRecording[] {
    return [...this.windows.values()].filter((each) => each.first_snapshot_at_ms !== null);
  }

  async #load(open: (signal: AbortSignal) => Promise<Response>): Promise<void> {
    try {
      const response = await open(this.#abort.signal);
      await this.#read(response);
      this.state = "complete";
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.state = "failed";
      this.error = error instanceof Error ? error : new Error(String(error));
    }
    this.#sort();
    this.#notify();
  }

  async #read(response: Response): Promise<void> {
    if (!response.body) return;
    const splitter = new LineSplitter();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let sliceEnd = performance.now() + SLICE_MS;
    for (;;) {
      const { done, value } = await reader.read();
      const lines = done ? [splitter.end() ?? ""] : splitter.push(value);
      for (const line of lines) {
        const hadPlayable = this.playable().length > 0;
        if (line !== "") this.#take(line);
        const isFirstFrame = !hadPlayable && this.playable().length > 0;
        if (isFirstFrame || performance.now() >= sliceEnd) {
          if (isFirstFrame || performance.now() - this.#notifiedAt > NOTIFY_MS) this.#notify();
          await breath();
          sliceEnd = performance.now() + SLICE_MS;
        }
      }
      if (done || this.#abort.signal.aborted) return;
    }
  }

  #take(line: string): void {
    const event = parseEvent(line);
    if (!event) return;
    this.events += 1;
    const window = this.#window(event);
    window.events.push(event);
    window.from_ms = Math.min(window.from_ms, event.timestamp);
    window.to_ms = Math.max(window.to_ms, event.timestamp);
    if (event.type === EVENT.fullSnapshot) window.first_snapshot_at_ms ??= event.timestamp;
    window.names.learn(event);
    this.entries.push(...entriesOf(event, window.names));
    if (event.type === EVENT.custom && event.data.tag === "page_facts") {
      this.facts ??= fields(event.data.payload);
    }
    this.#mind(event);
    for (const taker of this.#takers) taker(event);
  }

  #mind(event: RecordedEvent): void {
    const isDone = isInteraction(event);
    if (isDone) this.interactions.push(event.timestamp);
    if (isDone || event.type === EVENT.fullSnapshot) {
      const last = this.presences.at(-1);
      // One sign a moment is enough to tell windows apart.
      if (last?.window_id === event.window_id && event.timestamp - last.at_ms < 100) return;
      this.presences.push({ window_id: event.window_id, at_ms: event.timestamp });
    }
  }

  #window(event: RecordedEvent): WindowRecording {
    const known = this.windows.get(event.window_id);
    if (known) return known;
    const created: WindowRecording = {
      window_id: event.window_id,
      from_ms: event.timestamp,
      to_ms: event.timestamp,
      events: [],
      first_snapshot_at_ms: null,
      names: new NodeNames(),
    };
    this.windows.set(event.window_id, created);
    return created;
  }

  // Windows come one after another, so that what they say is merged by time here.
  #sort(): void {
    this.entries.sort((a, b) => a.at_ms - b.at_ms);
    this.interactions.sort((a, b) => a - b);
  }

  #notify(): void {
    if (this.windows.size > 1) this.#sort();
    this.#notifiedAt = performance.now();
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
