// The session that this page belongs to, shared with the visitor's other windows through localStorage.

import { newId } from "../ids.js";
import { hasEnded, isSampled, merged, type Session, type SessionLimits } from "./session.js";
import type { Store } from "./storage.js";

const NAME = "session";
// How exactly the other windows know of activity: a write for each movement would cost too much.
const TOUCH_EVERY_MS = 2000;

/** What the page knows of its session. */
export interface SessionTracker {
  /** The session by now: joined, gone on with, or begun. */
  current(nowMs: number): Session;
  /** The session, or null once it has ended; begins none. */
  alive(nowMs: number): Session | null;
  /** The visitor did something. */
  touch(nowMs: number): void;
  /** The session ends; the next `current` begins another. */
  end(): void;
}

export function trackSession(store: Store, limits: SessionLimits, sampleRate: number): SessionTracker {
  let mine: Session | null = null;
  let writtenAtMs = 0;

  const write = (session: Session, nowMs: number): Session => {
    mine = session;
    writtenAtMs = nowMs;
    store.write(NAME, session);
    return session;
  };

  const alive = (nowMs: number): Session | null => {
    const stored = store.read<Session>(NAME);
    const found = mine && stored ? merged(mine, stored) : (stored ?? mine);
    mine = found && !hasEnded(found, nowMs, limits) ? found : null;
    return mine;
  };

  const begin = (nowMs: number): Session => {
    const session_id = newId(nowMs);
    return write(
      { session_id, started_at_ms: nowMs, active_at_ms: nowMs, is_sampled: isSampled(session_id, sampleRate) },
      nowMs,
    );
  };

  return {
    alive,
    current: (nowMs) => alive(nowMs) ?? begin(nowMs),
    touch: (nowMs) => {
      if (!mine) return;
      mine = { ...mine, active_at_ms: Math.max(nowMs, mine.active_at_ms) };
      if (nowMs - writtenAtMs >= TOUCH_EVERY_MS) {
        const known = alive(nowMs);
        if (known) write({ ...known, active_at_ms: Math.max(nowMs, known.active_at_ms) }, nowMs);
      }
    },
    end: () => {
      mine = null;
      store.remove(NAME);
    },
  };
}
