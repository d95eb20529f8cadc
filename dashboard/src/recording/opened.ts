/** The recording that is open: begun by the route or ahead of it, taken up by the page. */

import { api } from "../api/client";
import { Recording } from "./recording";

let open: { key: string; recording: Recording; isAhead: boolean } | null = null;

/** Load a session's recording anew; the one that was open before is let go. */
export function openRecording(project: string, id: string): Recording {
  open?.recording.close();
  const recording = new Recording((signal) => api.recording(project, id, signal));
  open = { key: `${project}/${id}`, recording, isAhead: false };
  return recording;
}

/** Begin to load a recording that the route is about to ask for. */
export function openAhead(project: string, id: string): void {
  openRecording(project, id);
  if (open) open.isAhead = true;
}

/** Load a session's recording, unless that was begun ahead; it is taken from there once. */
export function takeRecording(project: string, id: string): Recording {
  if (open?.key !== `${project}/${id}` || !open.isAhead) return openRecording(project, id);
  open.isAhead = false;
  return open.recording;
}

/** Return the session's recording that the route has begun to load. */
export function openedRecording(project: string, id: string): Recording {
  return open?.key === `${project}/${id}` ? open.recording : openRecording(project, id);
}
