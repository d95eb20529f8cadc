// One recorder per page, whoever asks for it and however often.

import { openClient } from "./client.js";
import { guard } from "./natives.js";
import type { Parts } from "./parts/parts.js";
import type { Options, TraceFlow } from "./public_types.js";
import { settingsOf } from "./settings.js";

type Host = { traceflow?: Partial<TraceFlow> };

/** The recorder that is there already: here, or in a page of the same origin that this frame is part of. */
export function installed(): TraceFlow | null {
  for (const host of [window, window.parent, window.top]) {
    const found = guard(() => (host as Host | null)?.traceflow)();
    if (found?.version) return found as TraceFlow;
  }
  return null;
}

/** A recorder that does nothing, where there can be none: servers, a missing key, a browser that is too old. */
export function silent(version: string): TraceFlow {
  const nothing = (): void => {};
  return {
    version,
    start: nothing,
    stop: nothing,
    identify: nothing,
    track: nothing,
    captureError: nothing,
    reset: nothing,
    optIn: nothing,
    optOut: nothing,
    getSessionId: () => null,
    getSessionUrl: () => null,
    flush: async () => {},
  };
}

/** The page's recorder: the one that is there, or a new one. */
export function install(options: Options, parts: Parts): TraceFlow | null {
  const settings = settingsOf(options);
  if (!settings) return null;
  const client = openClient(settings, parts);
  (window as unknown as Host).traceflow = client;
  return client;
}
