/** The recording that is open: begun by the route, taken up by the page. */

import { api } from "../api/client";
import { Recording } from "./recording";

let open: { key: string; recording: Recording } | null = null;

/** Load a session's recording anew; the one that was open before is let go. */
export function openRecording(project: string, id: string): Recording {
  open?.recording.close();
  const recording = new Recording((signal) => api.recording(project, id, signal));
  open = { key: `${project}/${id}`, recording };
  return recording;
}

/** Return the session's recording that the route has begun to load. */
export function openedRecording(project: string, id: string): Recording {
  return open?.key === `${project}/${id}` ? open.recording : openRecording(project, id);
}
