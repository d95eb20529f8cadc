import { expect, test } from "vitest";
import type { SignalEntry } from "../../src/api/documents";
import type { Entry } from "../../src/recording/entry";
import { lead, markersOf, nextSignal, placeOf, thinned } from "../../src/recording/markers";

function signal(id: string, at: number, since = at): SignalEntry {
  const evidence = [since, at].map((at_ms) => ({ window_id: "w1", segment_id: 0, event_index: 0, at_ms }));
  return { signal_id: id, kind: "rage_click", at_ms: at, reason: "three clicks", evidence };
}

function entry(kind: Entry["kind"], at: number, hasFailed = false): Entry {
  const request = {
    method: "GET",
    url: "/",
    kind: "fetch",
    status: 500,
    started_at_ms: at,
    duration_ms: 1,
    bytes: null,
    has_failed: hasFailed,
  };
  return {
    kind,
    at_ms: at,
    window_id: "w1",
    title: kind,
    detail: null,
    level: "",
    request: kind === "network" ? request : null,
  };
}

test("signals, errors, pages and failed requests are marked, in the order of time", () => {
  const entries = [
    entry("navigation", 1),
    entry("network", 5),
    entry("network", 6, true),
    entry("error", 3),
    entry("click", 2),
  ];

  const markers = markersOf([signal("s", 4)], entries);

  expect(markers.map((each) => [each.lane, each.at_ms])).toEqual([
    ["navigation", 1],
    ["error", 3],
    ["signal", 4],
    ["network", 6],
  ]);
});

test("a signal is watched from before its first event", () => {
  expect(lead(signal("s", 9000, 7000))).toBe(5500);
});

test("the next signal is the one after the clock, however they are ordered", () => {
  const signals = [signal("late", 50_000), signal("early", 10_000)];

  expect(nextSignal(signals, 0)?.signal_id).toBe("early");
  expect(nextSignal(signals, lead(signals[1] as SignalEntry))?.signal_id).toBe("late");
  expect(nextSignal(signals, 50_000)).toBeNull();
});

test("a place stays within the line", () => {
  expect([placeOf(-5, 0, 10), placeOf(5, 0, 10), placeOf(50, 0, 10), placeOf(1, 1, 1)]).toEqual([
    0, 0.5, 1, 0,
  ]);
});

test("marks of one kind in one spot are one mark, of two kinds two", () => {
  const markers = markersOf([signal("a", 100), signal("b", 101)], [entry("error", 100)]);

  expect(thinned(markers, 0, 10_000, 100)).toHaveLength(2);
});
