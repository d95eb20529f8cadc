/** Keeping the first page of the list current while it is being read. */

import type { SessionItem } from "../api/documents";
import type { Sort } from "./filters";

function rank(item: SessionItem, sort: Sort): number {
  if (sort === "duration") return item.duration_ms ?? -1;
  if (sort === "frustration_score") return item.frustration_score;
  return item.started_at_ms ?? -1;
}

// As the keyset orders: sessions with one value follow each other by their id.
function compare(one: SessionItem, other: SessionItem, sort: Sort): number {
  const between = rank(one, sort) - rank(other, sort);
  if (between !== 0) return between;
  if (one.session_id === other.session_id) return 0;
  return one.session_id < other.session_id ? -1 : 1;
}

/**
 * Merge a fresh first page into the one shown: fresh items replace, new ones join in their place, and one
 * that should be among the fresh but is not has left the list.
 */
export function mergeFirstPage(
  shown: SessionItem[],
  fresh: SessionItem[],
  sort: Sort,
  order: "asc" | "desc",
): SessionItem[] {
  const last = fresh.at(-1);
  if (!last) return [];
  const sign = order === "desc" ? -1 : 1;
  const isBehind = (item: SessionItem) => sign * compare(item, last, sort) > 0;
  const known = new Set(fresh.map((item) => item.session_id));
  return [...fresh, ...shown.filter((item) => !known.has(item.session_id) && isBehind(item))];
}

/** Join pages; a session that moved between two requests is shown once, where it came first. */
export function joinPages(pages: SessionItem[][]): SessionItem[] {
  const seen = new Set<string>();
  return pages.flat().filter((item) => {
    if (seen.has(item.session_id)) return false;
    seen.add(item.session_id);
    return true;
  });
}
