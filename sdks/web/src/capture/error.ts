// Errors that the page did not catch, and those that it hands over.

import { listen, now } from "../natives.js";
import { gate } from "../record/budget.js";
import { cut, read } from "./text.js";

/** Payload of the custom event `error`. */
export interface CapturedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly handled: boolean;
}

const LONGEST_STACK = 10_000;

export function describeError(thrown: unknown, handled: boolean, message = ""): CapturedError {
  const isObject = typeof thrown === "object" && thrown !== null;
  const told = isObject ? read(thrown, "message") : thrown === undefined ? "" : String(thrown);
  return {
    name: cut((isObject && read(thrown, "name")) || "Error", 200),
    message: cut(told || message),
    stack: cut(isObject ? read(thrown, "stack") : "", LONGEST_STACK),
    handled,
  };
}

export function captureErrors(emit: (error: CapturedError) => void): () => void {
  const mayPass = gate(20, 1);
  const take = (thrown: unknown, message?: string): void => {
    if (mayPass(now())) emit(describeError(thrown, false, message));
  };
  const stops = [
    listen(window, "error", (event: ErrorEvent) => {
      // An element that did not load has neither; it is no error of the page's code.
      if (event.error !== undefined || event.message) take(event.error ?? undefined, event.message);
    }),
    listen(window, "unhandledrejection", (event: PromiseRejectionEvent) => take(event.reason)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
