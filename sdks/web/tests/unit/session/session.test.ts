import { describe, expect, test } from "vitest";

import { hasEnded, isActivity, isSampled, merged } from "../../../src/session/session.js";

const MINUTE = 60_000;
const LIMITS = { idleTimeoutMs: 30 * MINUTE, maxSessionMs: 24 * 60 * MINUTE };
const SESSION = { session_id: "s", started_at_ms: 1000, active_at_ms: 1000, is_sampled: true };

describe("a session", () => {
  test("ends after 30 minutes without activity, not before", () => {
    expect(hasEnded(SESSION, 1000 + 30 * MINUTE - 1, LIMITS)).toBe(false);
    expect(hasEnded(SESSION, 1000 + 30 * MINUTE, LIMITS)).toBe(true);
  });

  test("ends after 24 hours whatever the visitor does", () => {
    const busy = { ...SESSION, active_at_ms: 1000 + 24 * 60 * MINUTE };
    expect(hasEnded(busy, 1000 + 24 * 60 * MINUTE, LIMITS)).toBe(true);
    expect(hasEnded({ ...busy, started_at_ms: 1001 }, 1000 + 24 * 60 * MINUTE, LIMITS)).toBe(false);
  });

  test("goes on where the clock was set back", () => {
    expect(hasEnded(SESSION, 0, LIMITS)).toBe(false);
  });

  test("is the one in the browser where another window began it, with the later activity of both", () => {
    expect(merged(SESSION, { ...SESSION, session_id: "t" }).session_id).toBe("t");
    expect(merged(SESSION, { ...SESSION, active_at_ms: 5 }).active_at_ms).toBe(1000);
    expect(merged(SESSION, { ...SESSION, active_at_ms: 2000 }).active_at_ms).toBe(2000);
  });
});

describe("sampling", () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `0193f0a0${i.toString(16).padStart(4, "0")}`);

  test.each([0.01, 0.25, 0.9])("keeps the share %f of sessions with ids in a row", (rate) => {
    const share = ids.filter((id) => isSampled(id, rate)).length / ids.length;
    expect(Math.abs(share - rate)).toBeLessThan(0.015);
  });

  test("keeps all at 1 and none at 0", () => {
    expect(ids.every((id) => isSampled(id, 1))).toBe(true);
    expect(ids.some((id) => isSampled(id, 0))).toBe(false);
  });

  test("a higher rate keeps whatever a lower one keeps", () => {
    expect(ids.filter((id) => isSampled(id, 0.2)).every((id) => isSampled(id, 0.3))).toBe(true);
  });
});

test("what the visitor does is activity; what the page does is none", () => {
  const sources = Array.from({ length: 17 }, (_, source) => source);
  const active = sources.filter((source) => isActivity({ type: 3, data: { source } }));
  expect(active).toEqual([1, 2, 3, 4, 5, 6, 7, 12]);
  expect(isActivity({ type: 5, data: { tag: "track" } })).toBe(false);
  expect(isActivity({ type: 2 })).toBe(false);
});
