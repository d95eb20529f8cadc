import { expect, test } from "vitest";
import type { SessionItem } from "../../src/api/documents";
import { joinPages, mergeFirstPage } from "../../src/logic/live";

function session(id: string, startedAt: number, score = 0): SessionItem {
  return {
    session_id: id,
    started_at_ms: startedAt,
    ended_at_ms: startedAt,
    duration_ms: 0,
    state: "open",
    windows: 1,
    events: 1,
    errors: 0,
    signals: {},
    frustration_score: score,
    pages: [],
  };
}

const ids = (items: SessionItem[]) => items.map((item) => item.session_id);

test("a new session comes first, and what it pushed off the page stays", () => {
  const shown = [session("b", 20), session("a", 10)];

  const merged = mergeFirstPage(shown, [session("c", 30), session("b", 20)], "started_at", "desc");

  expect(ids(merged)).toEqual(["c", "b", "a"]);
});

test("a session that fits the filters no more leaves the list", () => {
  const shown = [session("c", 30), session("b", 20), session("a", 10)];

  const merged = mergeFirstPage(shown, [session("c", 30), session("a", 10)], "started_at", "desc");

  expect(ids(merged)).toEqual(["c", "a"]);
});

test("a session's new figures replace its old ones", () => {
  const merged = mergeFirstPage([session("a", 10, 0)], [session("a", 10, 60)], "started_at", "desc");

  expect(merged.map((item) => item.frustration_score)).toEqual([60]);
});

test("of sessions with one value, the one pushed off the page stays", () => {
  const shown = [session("c", 1, 0), session("b", 2, 0)];

  const down = mergeFirstPage(shown, [session("n", 3, 12), session("c", 1, 0)], "frustration_score", "desc");
  const up = mergeFirstPage(
    [session("b", 1, 0), session("c", 2, 0)],
    [session("a", 3, 0), session("b", 1, 0)],
    "frustration_score",
    "asc",
  );

  expect(ids(down)).toEqual(["n", "c", "b"]);
  expect(ids(up)).toEqual(["a", "b", "c"]);
});

test("the smallest first is merged the other way round", () => {
  const shown = [session("a", 10), session("c", 30)];

  const merged = mergeFirstPage(shown, [session("a", 10), session("b", 20)], "started_at", "asc");

  expect(ids(merged)).toEqual(["a", "b", "c"]);
});

test("a session on two pages is shown once", () => {
  expect(ids(joinPages([[session("b", 20)], [session("b", 20), session("a", 10)]]))).toEqual(["b", "a"]);
});
