// Frames of other origins: which may add to this page's recording, and which page may record this frame.

import { cancel, later, listen } from "../natives.js";

interface Note {
  readonly traceflow: "hello" | "join" | "snapshot";
  readonly key: string;
}

const HELLO_AFTER_MS = [0, 500, 1000, 2000, 4000, 8000, 16_000];

const accepted = new WeakSet<MessageEventSource>();

/** Called by the patched recorder (scripts/rrweb_patches.mjs) before it takes a frame's event. */
export function isAcceptedFrame(message: MessageEvent<unknown>): boolean {
  const { data, source } = message;
  if (typeof data !== "object" || data === null || source === null || !accepted.has(source)) return false;
  const { type, event } = data as { type?: unknown; event?: unknown };
  return type === "rrweb" && typeof event === "object" && event !== null;
}

function noteOf(message: MessageEvent<unknown>, key: string): Note["traceflow"] | null {
  const note = message.data as Partial<Note> | null;
  return typeof note === "object" && note?.key === key ? (note.traceflow ?? null) : null;
}

/** In the page: takes in frames of these origins that run this SDK with the same key, which is no secret. */
export function takeInFrames(key: string, frameOrigins: readonly string[]): { askForSnapshots(): void; stop(): void } {
  const windows = new Set<Window>();
  const post = (to: Window, traceflow: Note["traceflow"], origin: string): void => {
    to.postMessage({ traceflow, key } satisfies Note, origin);
  };
  const stop = listen(window, "message", (message: MessageEvent<unknown>) => {
    const { source, origin } = message;
    if (!source || !frameOrigins.includes(origin) || noteOf(message, key) !== "hello") return;
    accepted.add(source);
    windows.add(source as Window);
    post(source as Window, "join", origin);
  });
  return {
    askForSnapshots: () => {
      for (const frame of windows) {
        if (frame.closed) windows.delete(frame);
        else post(frame, "snapshot", "*");
      }
    },
    stop,
  };
}

/** In a frame: `join` once a page that may record it says so. */
export function offerFrame(
  key: string,
  parentOrigins: readonly string[],
  on: { join(): void; snapshot(): void },
): () => void {
  let hasJoined = false;
  const timers = HELLO_AFTER_MS.map((delayMs) =>
    later(() => {
      if (hasJoined) return;
      for (const origin of parentOrigins) {
        window.parent.postMessage({ traceflow: "hello", key } satisfies Note, origin);
      }
    }, delayMs),
  );
  const stop = listen(window, "message", (message: MessageEvent<unknown>) => {
    if (message.source !== window.parent || !parentOrigins.includes(message.origin)) return;
    const note = noteOf(message, key);
    if (note === "join" && !hasJoined) {
      hasJoined = true;
      on.join();
    } else if (note === "snapshot" && hasJoined) on.snapshot();
  });
  return () => {
    stop();
    for (const timer of timers) cancel(timer);
  };
}
