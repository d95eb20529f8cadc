/** The player: one clock over all windows of a session, and the window on the stage. */

import type { RecordedEvent } from "./event";
import { type Gap, gapsOf, skipFrom } from "./inactivity";
import type { Recording } from "./recording";
import { SETTLED_MS, Stage } from "./stage";
import { spansOf, type WindowSpan, windowAt } from "./windows";

/** What the controls show; a new object whenever something changed. */
export interface PlayerState {
  is_playing: boolean;
  /** The clock waits for events that have not come yet. */
  is_waiting: boolean;
  has_frame: boolean;
  speed: number;
  skips: boolean;
  window_id: string | null;
  follows: boolean;
  skipped_ms: number;
}

/** The speeds offered. */
export const SPEEDS = [1, 2, 4, 8] as const;

const SKIP_NOTE_MS = 1400;

/** Plays a recording into an element. */
export class Player {
  state: PlayerState = {
    is_playing: false,
    is_waiting: false,
    has_frame: false,
    speed: 1,
    skips: true,
    window_id: null,
    follows: true,
    skipped_ms: 0,
  };
  /** Where the clock stands, in absolute milliseconds. */
  at_ms = 0;
  spans: WindowSpan[] = [];
  gaps: Gap[] = [];

  #root: HTMLElement;
  #recording: Recording;
  #stages = new Map<string, Stage>();
  #listeners = new Set<() => void>();
  #clockListeners = new Set<(atMs: number) => void>();
  #detach: (() => void)[] = [];
  #frame = 0;
  #tickedAt = 0;
  #wanted: number | null = null;
  #startAt: number | null;
  #hasRunOut = false;
  #hasOpeningPicture = false;
  #isCalm: boolean;

  /** `startAtMs` is where to begin, in milliseconds since the session began. */
  constructor(root: HTMLElement, recording: Recording, startAtMs: number | null) {
    this.#root = root;
    this.#recording = recording;
    this.#startAt = startAtMs;
    this.#isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const observer = new ResizeObserver(() => this.#fit());
    observer.observe(root);
    this.#detach = [
      () => observer.disconnect(),
      recording.subscribe(() => this.#learn()),
      recording.onEvent((event) => this.#take(event)),
    ];
    this.#learn();
  }

  /** Be told that `state` is another. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Be told where the clock stands, at every frame. */
  onClock(listener: (atMs: number) => void): () => void {
    this.#clockListeners.add(listener);
    listener(this.at_ms);
    return () => this.#clockListeners.delete(listener);
  }

  /** Play on; from the start where the end has been reached. */
  play(): void {
    const extent = this.#recording.extent();
    if (!extent || this.state.is_playing) return;
    this.#hasOpeningPicture = true;
    if (this.#recording.state !== "loading" && this.at_ms >= extent.to_ms) this.at_ms = extent.from_ms;
    this.#set({ is_playing: true });
    this.#tickedAt = performance.now();
    this.#restage(true);
    this.#frame = requestAnimationFrame(this.#tick);
  }

  /** Stand still. */
  pause(): void {
    cancelAnimationFrame(this.#frame);
    this.#set({ is_playing: false, is_waiting: false });
    this.#stage()?.hold();
    this.#tell();
  }

  /** Play or stand still. */
  toggle(): void {
    if (this.state.is_playing) this.pause();
    else this.play();
  }

  /** Go to a time; what has not come yet is waited for. */
  seek(atMs: number): void {
    const extent = this.#recording.extent();
    if (!extent || (this.#recording.state === "loading" && atMs > this.#loadedTo())) {
      this.#wanted = atMs;
      this.#set({ is_waiting: true });
      return;
    }
    this.#wanted = null;
    // Who has gone to a time sees that time.
    this.#hasOpeningPicture = true;
    this.at_ms = Math.min(extent.to_ms, Math.max(extent.from_ms, atMs));
    this.#set({ is_waiting: false, skipped_ms: 0 });
    this.#restage(true);
    this.#tell();
  }

  /** Go on or back by so much. */
  step(byMs: number): void {
    this.seek((this.#wanted ?? this.at_ms) + byMs);
  }

  /** Set how fast it plays. */
  setSpeed(speed: number): void {
    this.#set({ speed });
    this.#stage()?.setSpeed(speed);
  }

  /** Set whether pauses are skipped. */
  setSkips(skips: boolean): void {
    this.#set({ skips });
  }

  /** Show one window, or, with null, the one that the visitor was in. */
  showWindow(windowId: string | null): void {
    this.#set({ follows: windowId === null });
    if (windowId !== null) this.#set({ window_id: windowId });
    this.#restage(true);
  }

  /** Take everything off. */
  destroy(): void {
    cancelAnimationFrame(this.#frame);
    for (const detach of this.#detach) detach();
    for (const stage of this.#stages.values()) stage.destroy();
    this.#stages.clear();
    this.#listeners.clear();
    this.#clockListeners.clear();
  }

  #tick = (now: number): void => {
    if (!this.state.is_playing) return;
    this.#frame = requestAnimationFrame(this.#tick);
    const passed = Math.max(0, now - this.#tickedAt) * this.state.speed;
    this.#tickedAt = now;
    const extent = this.#recording.extent();
    if (!extent || this.#waits(this.at_ms + passed)) return;
    const skipTo = this.state.skips ? skipFrom(this.gaps, this.at_ms + passed) : this.at_ms + passed;
    const skipped = skipTo - this.at_ms - passed;
    this.at_ms = Math.min(extent.to_ms, skipTo);
    if (skipped > 0) this.#noteSkip(skipped);
    this.#restage(skipped > 0);
    this.#tell();
    if (this.at_ms >= extent.to_ms && this.#recording.state !== "loading") this.pause();
  };

  #waits(atMs: number): boolean {
    const isAhead = this.#recording.state === "loading" && atMs > this.#loadedTo();
    if (isAhead !== this.state.is_waiting) {
      this.#set({ is_waiting: isAhead });
      if (isAhead) this.#stage()?.hold();
      else this.#restage(true);
    }
    return isAhead;
  }

  #noteSkip(skippedMs: number): void {
    this.#set({ skipped_ms: skippedMs });
    setTimeout(() => {
      if (this.state.skipped_ms === skippedMs) this.#set({ skipped_ms: 0 });
    }, SKIP_NOTE_MS);
  }

  // Windows come one after another: until all have come, only the first is whole enough to be played.
  #loadedTo(): number {
    return this.#recording.playable()[0]?.to_ms ?? 0;
  }

  #learn(): void {
    const playable = this.#recording.playable();
    const extent = this.#recording.extent();
    if (!extent) return;
    const shown = new Set(playable.map((each) => each.window_id));
    const presences = this.#recording.presences.filter((each) => shown.has(each.window_id));
    this.spans = spansOf(presences, playable);
    this.gaps = gapsOf(this.#recording.interactions, extent.from_ms, extent.to_ms);
    if (this.at_ms === 0) this.at_ms = extent.from_ms;
    if (this.#startAt !== null && playable.length > 0) {
      this.#wanted = extent.from_ms + this.#startAt;
      this.#startAt = null;
    }
    const isLoading = this.#recording.state === "loading";
    if (this.#wanted !== null && (!isLoading || this.#wanted <= this.#loadedTo())) this.seek(this.#wanted);
    else if (this.#wantsOpeningPicture(isLoading, extent.from_ms)) this.#stage()?.showOpening();
    else this.#restage(false);
    this.#tell();
  }

  // The first frame comes from the first snapshot alone; once what followed has come, it is drawn again.
  #wantsOpeningPicture(isLoading: boolean, fromMs: number): boolean {
    const isAtStart = !this.state.is_playing && this.at_ms === fromMs;
    const isThere = !isLoading || this.#loadedTo() > fromMs + 2 * SETTLED_MS;
    if (this.#hasOpeningPicture || !isAtStart || !isThere || !this.state.has_frame) return false;
    this.#hasOpeningPicture = true;
    return true;
  }

  #take(event: RecordedEvent): void {
    this.#stages.get(event.window_id)?.add(event);
    if (this.#hasRunOut && event.window_id === this.state.window_id && this.state.is_playing) {
      this.#restage(true);
    }
  }

  #stage(): Stage | null {
    return this.#stages.get(this.state.window_id ?? "") ?? null;
  }

  // Puts the right window on the stage, and where asked (or on a change) sets it to the clock's time.
  #restage(isReset: boolean): void {
    const followed = windowAt(this.spans, this.at_ms);
    const windowId = this.state.follows ? followed : this.state.window_id;
    if (windowId === null) return;
    const before = this.#stage();
    const isNew = !this.#stages.has(windowId);
    const stage = this.#stages.get(windowId) ?? this.#build(windowId);
    if (!stage) return;
    const isOther = before !== stage;
    if (isOther) {
      before?.hold();
      this.#set({ window_id: windowId });
      for (const each of this.#stages.values()) each.element.hidden = each !== stage;
      this.#fit();
    }
    if (!isReset && !isOther) return;
    this.#hasRunOut = false;
    if (this.state.is_playing) stage.play(this.at_ms, this.state.speed);
    else if (!isNew || this.at_ms > (this.#recording.extent()?.from_ms ?? 0)) stage.show(this.at_ms);
  }

  #build(windowId: string): Stage | null {
    const window = this.#recording.windows.get(windowId);
    // rrweb refuses to play a single event.
    if (!window || window.first_snapshot_at_ms === null || window.events.length < 2) return null;
    const listener = {
      onSize: () => this.#fit(),
      onRunOut: () => {
        this.#hasRunOut = true;
      },
      onFrame: () => {
        if (this.state.has_frame) return;
        this.#set({ has_frame: true });
        // Out of rrweb's own step, which is under way here.
        setTimeout(() => this.#learn(), 0);
      },
    };
    const stage = new Stage(this.#root, window, listener, this.#isCalm);
    this.#stages.set(windowId, stage);
    return stage;
  }

  #fit(): void {
    const stage = this.#stage();
    if (!stage || stage.size.width === 0) return;
    const { clientWidth, clientHeight } = this.#root;
    const scale = Math.min(clientWidth / stage.size.width, clientHeight / stage.size.height);
    const left = (clientWidth - stage.size.width * scale) / 2;
    const top = (clientHeight - stage.size.height * scale) / 2;
    stage.element.style.cssText =
      `position:absolute;transform-origin:0 0;width:${stage.size.width}px;height:${stage.size.height}px;` +
      `transform:translate(${left}px,${top}px) scale(${scale})`;
  }

  #set(change: Partial<PlayerState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener();
  }

  #tell(): void {
    for (const listener of this.#clockListeners) listener(this.at_ms);
  }
}
