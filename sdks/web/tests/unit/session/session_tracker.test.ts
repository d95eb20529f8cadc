import { beforeEach, describe, expect, test } from "vitest";

import { trackSession } from "../../../src/session/session_tracker.js";
import { openStore } from "../../../src/session/storage.js";

const MINUTE = 60_000;
const LIMITS = { idleTimeoutMs: 30 * MINUTE, maxSessionMs: 24 * 60 * MINUTE };
const NOW = 1_764_000_000_000;
const openWindow = (rate = 1) => trackSession(openStore("localStorage", "tf_x_"), LIMITS, rate);

beforeEach(() => localStorage.clear());

describe("windows of one visitor", () => {
  test("share a session", () => {
    const first = openWindow().current(NOW);
    expect(openWindow().current(NOW + MINUTE)).toEqual(first);
  });

  test("keep it alive for each other", () => {
    const [one, two] = [openWindow(), openWindow()];
    const { session_id } = one.current(NOW);
    two.current(NOW);
    for (let minutes = 1; minutes <= 50; minutes += 1) two.touch(NOW + minutes * MINUTE);
    expect(one.alive(NOW + 60 * MINUTE)?.session_id).toBe(session_id);
  });

  test("all move to the next one when it ends in one of them", () => {
    const [one, two] = [openWindow(), openWindow()];
    const first = one.current(NOW).session_id;
    two.current(NOW);
    one.end();
    const next = one.current(NOW + 1).session_id;
    expect(next).not.toBe(first);
    expect(two.alive(NOW + 2)?.session_id).toBe(next);
  });
});

test("a session that ended is not alive, and current begins another", () => {
  const tracker = openWindow();
  const { session_id } = tracker.current(NOW);
  expect(tracker.alive(NOW + 31 * MINUTE)).toBeNull();
  expect(tracker.current(NOW + 31 * MINUTE).session_id).not.toBe(session_id);
});

test("a session is written at most every two seconds", () => {
  const tracker = openWindow();
  tracker.current(NOW);
  const stored = () => JSON.parse(localStorage.getItem("tf_x_session") ?? "{}").active_at_ms;
  tracker.touch(NOW + 1999);
  expect(stored()).toBe(NOW);
  tracker.touch(NOW + 2000);
  expect(stored()).toBe(NOW + 2000);
});

test("whether a session is recorded is decided once, whatever the rate becomes", () => {
  const { is_sampled } = openWindow(1).current(NOW);
  expect(is_sampled).toBe(true);
  expect(openWindow(0).current(NOW + 1).is_sampled).toBe(true);
});

test("without storage a page has a session of its own", () => {
  const refused = { read: () => null, write: () => {}, remove: () => {} };
  const tracker = trackSession(refused, LIMITS, 1);
  const { session_id } = tracker.current(NOW);
  expect(tracker.current(NOW + 5).session_id).toBe(session_id);
});
