// This browser tab within the session, and the number of its next segment.

import { newId } from "../ids.js";
import type { Store } from "./storage.js";

const NAME = "window";

interface WindowState {
  readonly session_id: string;
  readonly window_id: string;
  readonly next_segment_id: number;
  /** A page of this tab is there; a copied tab finds it so, the next page of the same tab does not. */
  readonly is_open: boolean;
}

/** Numbers this tab's segments over all its pages. */
export interface WindowTracker {
  /** The window for the session; new where the tab is new to it, or is a copy of another. */
  open(sessionId: string, nowMs: number): { readonly window_id: string; readonly isNew: boolean };
  /** Take the next number; remembered before anything is sent under it. */
  nextSegmentId(): number;
  /** The page goes away (or into the back/forward cache). */
  close(): void;
  forget(): void;
}

export function trackWindow(store: Store): WindowTracker {
  let state: WindowState | null = null;
  let isHere = false;

  const write = (next: WindowState): WindowState => {
    state = next;
    store.write(NAME, next);
    return next;
  };

  return {
    open: (sessionId, nowMs) => {
      const stored = store.read<WindowState>(NAME);
      const isOurs = state !== null && state.window_id === stored?.window_id;
      const goesOn = stored?.session_id === sessionId && (isOurs || !stored.is_open);
      isHere = true;
      const opened = goesOn
        ? write({ ...stored, is_open: true })
        : write({ session_id: sessionId, window_id: newId(nowMs), next_segment_id: 0, is_open: true });
      return { window_id: opened.window_id, isNew: !goesOn };
    },
    nextSegmentId: () => {
      if (!state) return 0;
      // Read anew: a page of this tab may still cut its last segments while the next one is up already.
      const stored = store.read<WindowState>(NAME);
      const known = stored?.window_id === state.window_id ? stored.next_segment_id : 0;
      const taken = Math.max(known, state.next_segment_id);
      write({ ...state, next_segment_id: taken + 1, is_open: isHere });
      return taken;
    },
    close: () => {
      isHere = false;
      if (state) write({ ...state, is_open: false });
    },
    forget: () => {
      state = null;
      store.remove(NAME);
    },
  };
}
