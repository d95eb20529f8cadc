// The npm package.

import { install, installed, silent } from "./install.js";
import { guard } from "./natives.js";
import type { Parts } from "./parts/parts.js";
import type { Options, Properties, TraceFlow } from "./public_types.js";
import { VERSION } from "./version.js";

export type { ConsoleLevel, NetworkOptions, Options, Properties, TraceFlow } from "./public_types.js";

/** Version of the SDK. */
export const version: string = VERSION;

let client: TraceFlow = silent(VERSION);

const parts: Parts = {
  gzip: async () => (await import("./parts/gzip.js")).gzip,
  canvas: async () => (await import("./parts/canvas.js")).canvas,
};

/** Make the page's recorder; called again it gives the same one. On a server it does nothing. */
export function init(options: Options): TraceFlow {
  if (typeof window !== "object" || typeof document !== "object") return client;
  const made = guard(() => installed() ?? install(options, parts))();
  if (made) client = made;
  else console.warn("TraceFlow records nothing: init needs `key` and `endpoint`.");
  return client;
}

/** Start recording, where consent, sampling and Do Not Track allow it. */
export const start = (): void => client.start();
/** Stop recording this window and send what is left. */
export const stop = (): void => client.stop();
/** Tell who the visitor is; stays until `reset`. */
export const identify = (visitorId: string, traits?: Properties): void => client.identify(visitorId, traits);
/** Tell that something happened. */
export const track = (name: string, properties?: Properties): void => client.track(name, properties);
/** Report an error that the site caught itself. */
export const captureError = (error: unknown): void => client.captureError(error);
/** Forget the visitor: a new one in a new session. */
export const reset = (): void => client.reset();
/** The visitor agrees to be recorded; remembered. */
export const optIn = (): void => client.optIn();
/** The visitor does not agree: recording stops and what is stored in the browser is deleted. */
export const optOut = (): void => client.optOut();
/** The session being recorded, or null. */
export const getSessionId = (): string | null => client.getSessionId();
/** Address of the session in the dashboard at this moment, or null. */
export const getSessionUrl = (): string | null => client.getSessionUrl();
/** Send what is there now; resolves when it has been tried. */
export const flush = (): Promise<void> => client.flush();
