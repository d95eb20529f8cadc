/** Which window the visitor was in: what the player follows. */

/** A stretch of time in one window. */
export interface WindowSpan {
  window_id: string;
  from_ms: number;
  to_ms: number;
}

/** A sign that the visitor is in a window: something done there, or a page that came up. */
export interface Presence {
  window_id: string;
  at_ms: number;
}

/** A window as far as it has come. */
export interface WindowExtent {
  window_id: string;
  from_ms: number;
  to_ms: number;
}

/**
 * Cut the session into stretches, each in the window with the latest sign of the visitor. A window without
 * snapshots cannot be shown, so its signs must not be among those given.
 */
export function spansOf(presences: readonly Presence[], extents: readonly WindowExtent[]): WindowSpan[] {
  if (extents.length === 0) return [];
  const from = Math.min(...extents.map((each) => each.from_ms));
  const to = Math.max(...extents.map((each) => each.to_ms));
  const ordered = [...presences].sort((a, b) => a.at_ms - b.at_ms);
  const first = [...extents].sort((a, b) => a.from_ms - b.from_ms)[0];
  const spans: WindowSpan[] = [{ window_id: first?.window_id ?? "", from_ms: from, to_ms: to }];
  for (const presence of ordered) {
    const current = spans.at(-1);
    if (!current || current.window_id === presence.window_id) continue;
    current.to_ms = presence.at_ms;
    spans.push({ window_id: presence.window_id, from_ms: presence.at_ms, to_ms: to });
  }
  return spans.filter((span) => span.to_ms > span.from_ms || spans.length === 1);
}

/** Return the window to show at a time. */
export function windowAt(spans: readonly WindowSpan[], atMs: number): string | null {
  let found = spans[0]?.window_id ?? null;
  for (const span of spans) {
    if (span.from_ms > atMs) break;
    found = span.window_id;
  }
  return found;
}
