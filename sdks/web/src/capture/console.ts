// What the page writes to the console, in the form of rrweb's console plugin.

import { guard, now, stringify } from "../natives.js";
import type { ConsoleLevel } from "../public_types.js";
import { gate } from "../record/budget.js";
import { bounded, cut } from "./text.js";

export const CONSOLE_PLUGIN = "rrweb/console@1";

/** Payload of the plugin's event. */
export interface ConsoleLine {
  readonly level: ConsoleLevel;
  readonly trace: readonly string[];
  readonly payload: readonly string[];
}

const MOST_ARGUMENTS = 20;

export function captureConsole(levels: readonly ConsoleLevel[], emit: (line: ConsoleLine) => void): () => void {
  const mayPass = gate(200, 10);
  let isInside = false;
  const take = guard((level: ConsoleLevel, args: readonly unknown[]) => {
    if (isInside || !mayPass(now())) return;
    isInside = true;
    try {
      const payload = args.slice(0, MOST_ARGUMENTS).map((argument) => cut(stringify(bounded(argument)), 4000));
      emit({ level, trace: level === "error" || level === "warn" ? traceHere() : [], payload });
    } finally {
      isInside = false;
    }
  });

  const restores = levels.map((level) => {
    const original = console[level];
    if (typeof original !== "function") return () => {};
    const ours = function (this: unknown, ...args: unknown[]): void {
      original.apply(this, args);
      take(level, args);
    };
    console[level] = ours;
    return () => {
      if (console[level] === ours) console[level] = original;
    };
  });
  return () => {
    for (const restore of restores) restore();
  };
}

function traceHere(): string[] {
  const lines = (new Error().stack ?? "").split("\n").map((line) => line.trim().replace(/^at /, ""));
  // The first names the error (in Chromium); the next two or three are our own.
  return lines.slice(4, 14);
}
