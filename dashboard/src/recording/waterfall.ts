/** The network waterfall: where each request's bar lies. */

import type { Entry, NetworkRequest } from "./entry";

/** A request and its bar, in shares of the session's length. */
export interface Bar {
  request: NetworkRequest;
  left: number;
  width: number;
}

/** Lay the requests out over the session, by their start. */
export function waterfallOf(entries: readonly Entry[], fromMs: number, toMs: number): Bar[] {
  const length = Math.max(1, toMs - fromMs);
  const clamp = (share: number) => Math.min(1, Math.max(0, share));
  return entries
    .flatMap((entry) => (entry.request ? [entry.request] : []))
    .sort((a, b) => a.started_at_ms - b.started_at_ms)
    .map((request) => {
      const left = clamp((request.started_at_ms - fromMs) / length);
      const right = clamp((request.started_at_ms + (request.duration_ms ?? 0) - fromMs) / length);
      return { request, left, width: right - left };
    });
}
