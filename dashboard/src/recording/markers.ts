/** What the timeline marks, and how it is laid out. */

import type { SignalEntry } from "../api/documents";
import type { Entry } from "./entry";

/** A mark on the timeline. */
export interface Marker {
  key: string;
  kind: string;
  lane: "signal" | "error" | "network" | "navigation";
  at_ms: number;
  title: string;
}

/** Collect what is marked, in the order of time. */
export function markersOf(signals: readonly SignalEntry[], entries: readonly Entry[]): Marker[] {
  const markers: Marker[] = signals.map((signal) => ({
    key: signal.signal_id,
    kind: signal.kind,
    lane: "signal",
    at_ms: signal.at_ms,
    title: signal.reason,
  }));
  entries.forEach((entry, index) => {
    const lane = laneOf(entry);
    if (lane) {
      markers.push({ key: `${lane}-${index}`, kind: lane, lane, at_ms: entry.at_ms, title: entry.title });
    }
  });
  return markers.sort((a, b) => a.at_ms - b.at_ms);
}

function laneOf(entry: Entry): Marker["lane"] | null {
  if (entry.kind === "error" || entry.kind === "navigation") return entry.kind;
  return entry.request?.has_failed ? "network" : null;
}

/** Return a time's place between start and end, 0 to 1. */
export function placeOf(atMs: number, fromMs: number, toMs: number): number {
  if (toMs <= fromMs) return 0;
  return Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs)));
}

/** Return the first signal after a time; what is closer than a moment counts as already seen. */
export function nextSignal(signals: readonly SignalEntry[], afterMs: number): SignalEntry | null {
  const SEEN_MS = 250;
  return firstOf(signals.filter((signal) => lead(signal) > afterMs + SEEN_MS));
}

function firstOf(signals: readonly SignalEntry[]): SignalEntry | null {
  return [...signals].sort((a, b) => lead(a) - lead(b))[0] ?? null;
}

/** Return the time from which a signal is best watched: a second and a half before it begins. */
export function lead(signal: SignalEntry): number {
  const LEAD_MS = 1500;
  return Math.min(signal.at_ms, ...signal.evidence.map((each) => each.at_ms)) - LEAD_MS;
}

/** Join marks of a lane that would lie on top of each other; the first stands for all. */
export function thinned(markers: readonly Marker[], fromMs: number, toMs: number, slots: number): Marker[] {
  const taken = new Set<string>();
  return markers.filter((marker) => {
    const slot = `${marker.kind}-${Math.round(placeOf(marker.at_ms, fromMs, toMs) * slots)}`;
    if (taken.has(slot)) return false;
    taken.add(slot);
    return true;
  });
}
