/** Where nothing was done: what "skip inactivity" jumps over. */

/** A stretch without anything done by the visitor. */
export interface Gap {
  from_ms: number;
  to_ms: number;
}

/** From here on a pause is inactivity: rrweb's own threshold. */
export const INACTIVE_MS = 10_000;
/** What is still shown around a pause, so that a jump is understood. */
export const MARGIN_MS = 1000;

/** Find the pauses between the times of what was done, from the session's start to its end. */
export function gapsOf(times: readonly number[], fromMs: number, toMs: number): Gap[] {
  const gaps: Gap[] = [];
  let last = fromMs;
  for (const time of [...times, toMs]) {
    if (time - last >= INACTIVE_MS) gaps.push({ from_ms: last + MARGIN_MS, to_ms: time - MARGIN_MS });
    if (time > last) last = time;
  }
  return gaps;
}

/** Return where to go on when skipping; the time itself outside of a gap. */
export function skipFrom(gaps: readonly Gap[], atMs: number): number {
  const gap = gaps.find((each) => atMs >= each.from_ms && atMs < each.to_ms);
  return gap ? gap.to_ms : atMs;
}
