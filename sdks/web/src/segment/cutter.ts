// Collects events and says when and where to cut: pure, no clock of its own.

// ARCHITECTURE's rhythm: at once after the snapshot, then after 1 s, then every 5 s.
export const SECOND_CUT_AFTER_MS = 1000;
export const CUT_EVERY_MS = 5000;
// A page that leaves may send 64 KiB, uncompressed: what waits to be cut must always fit.
export const CUT_AT_BYTES = 48_000;
// The door takes 10,000 events and 64 MiB decoded; well below, so that nothing is near a limit.
export const MOST_EVENTS = 5000;
export const MOST_BYTES = 8_000_000;
/** An event over this is left out and declared: it would not pass the door. */
export const LARGEST_EVENT_BYTES = 60_000_000;

/** Events on their way into segments. Sizes are lengths of JSON text: close enough to bytes for a rhythm. */
export class Cutter {
  #events: string[] = [];
  #bytes = 0;
  #sinceMs = 0;
  #lastCutMs = 0;
  #cuts = 0;
  #hasSnapshot = false;

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  add(event: string, isSnapshot: boolean, nowMs: number): void {
    if (this.isEmpty) this.#sinceMs = nowMs;
    this.#events.push(event);
    this.#bytes += event.length;
    this.#hasSnapshot ||= isSnapshot;
  }

  /** When to cut; null while there is nothing. */
  dueAtMs(): number | null {
    if (this.isEmpty) return null;
    if (this.#hasSnapshot || this.#bytes >= CUT_AT_BYTES) return 0;
    if (this.#cuts === 1) return Math.max(this.#lastCutMs + SECOND_CUT_AFTER_MS, this.#sinceMs);
    return this.#sinceMs + CUT_EVERY_MS;
  }

  /** Everything that is there, in runs of at most so many bytes (a larger event is a run of its own). */
  take(nowMs: number, mostBytes: number = MOST_BYTES): string[] {
    const runs = inRuns(this.#events, mostBytes);
    if (runs.length > 0) this.#cuts += 1;
    this.#lastCutMs = nowMs;
    this.#events = [];
    this.#bytes = 0;
    this.#hasSnapshot = false;
    return runs;
  }

  /** A new page or session: its rhythm begins anew. */
  restart(): void {
    this.#cuts = 0;
  }
}

function inRuns(events: readonly string[], mostBytes: number): string[] {
  const runs: string[] = [];
  let run: string[] = [];
  let bytes = 0;
  const close = () => {
    if (run.length > 0) runs.push(`[${run.join(",")}]`);
    run = [];
    bytes = 0;
  };
  for (const event of events) {
    if (run.length >= MOST_EVENTS || bytes + event.length > mostBytes) close();
    run.push(event);
    bytes += event.length + 1;
  }
  close();
  return runs;
}
