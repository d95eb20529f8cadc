// When a session goes on and when a new one begins: pure rules.

/** One visitor's activity, as the pages of an origin share it. */
export interface Session {
  readonly session_id: string;
  readonly started_at_ms: number;
  readonly active_at_ms: number;
  readonly is_sampled: boolean;
}

/** How long a session may last. */
export interface SessionLimits {
  readonly idleTimeoutMs: number;
  readonly maxSessionMs: number;
}

/** Whether the session has ended by then; times ahead of the clock count as now. */
export function hasEnded(session: Session, nowMs: number, limits: SessionLimits): boolean {
  return nowMs - session.active_at_ms >= limits.idleTimeoutMs || nowMs - session.started_at_ms >= limits.maxSessionMs;
}

/** The later activity of the two records of one session. */
export function merged(mine: Session, stored: Session): Session {
  if (stored.session_id !== mine.session_id) return stored;
  return stored.active_at_ms > mine.active_at_ms ? stored : mine;
}

/** Whether the session is among the share that is recorded; the same answer in every page. */
export function isSampled(sessionId: string, rate: number): boolean {
  // FNV-1a, 32 bits, then murmur3's finalizer: neighbours in time shall not be neighbours in chance.
  let hash = 0x811c9dc5;
  for (let i = 0; i < sessionId.length; i += 1) hash = Math.imul(hash ^ sessionId.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < rate;
}

/** Whether the event (as rrweb spells it) shows that the visitor is there. */
export function isActivity(event: { readonly type: number; readonly data?: unknown }): boolean {
  if (event.type !== 3) return false;
  // mouse move, mouse interaction, scroll, resize, input, touch move, media, drag: PostHog's list
  const { source } = (event.data ?? {}) as { source?: number };
  return source !== undefined && ((source >= 1 && source <= 7) || source === 12);
}
