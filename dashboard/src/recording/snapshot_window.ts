/** Which window of a recording shows a moment, and from when on it can be told. */

import type { LoadState, WindowRecording } from "./recording";

/** A moment, with its window where it is known. */
export interface Sought {
  at_ms: number;
  window_id: string | null;
}

/** A recording as far as it has come. */
export interface Loaded {
  state: LoadState;
  playable(): WindowRecording[];
}

/** Return the window to show, as soon as the moment has been passed in it; null means wait, or none. */
export function windowShowing(recording: Loaded, sought: Sought): WindowRecording | null {
  // rrweb refuses to play a single event.
  const windows = recording.playable().filter((each) => each.events.length > 1);
  const own = windows.filter((each) => sought.window_id === null || each.window_id === sought.window_id);
  const spans = (each: WindowRecording) => each.from_ms <= sought.at_ms && sought.at_ms <= each.to_ms;
  const passed = own.find((each) => spans(each) && sought.at_ms < each.to_ms);
  if (passed) return passed;
  if (recording.state === "loading") return null;
  return own.find(spans) ?? own[0] ?? windows.find(spans) ?? windows[0] ?? null;
}
