/** What the shown clock does: it steps, and never shows a second that has not been reached or is passed. */

const TICK_MS = 200;

/** Return the last step at or before a time; steps are counted from the session's start. */
export function stepBefore(atMs: number, fromMs: number): number {
  return fromMs + Math.floor((atMs - fromMs) / TICK_MS) * TICK_MS;
}
