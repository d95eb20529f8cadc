/** The list's filters: what the address bar says, and what the API is asked. */

/** Filters that are one text each, under the API's own names. */
export const TEXT_FILTERS = [
  "q",
  "page",
  "signal",
  "state",
  "has_error",
  "min_score",
  "max_score",
  "min_duration_ms",
  "max_duration_ms",
  "device",
  "browser",
  "os",
  "country",
  "release",
  "environment",
  "visitor",
] as const;

/** The name of a filter that is one text. */
export type TextFilter = (typeof TEXT_FILTERS)[number];

/** The time ranges offered, in milliseconds; null is all of it. */
export const RANGES: Record<string, number | null> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
  all: null,
};

/** What the list can be sorted by. */
export const SORTS = ["started_at", "duration", "frustration_score"] as const;
/** The name of a sort. */
export type Sort = (typeof SORTS)[number];

/** Everything that decides which sessions are listed, and in which order. */
export interface Filters {
  range: string;
  from_ms: number | null;
  to_ms: number | null;
  texts: Partial<Record<TextFilter, string>>;
  traits: string[];
  sort: Sort;
  order: "asc" | "desc";
}

/** No filter at all: the latest first. */
export const NO_FILTERS: Filters = {
  range: "all",
  from_ms: null,
  to_ms: null,
  texts: {},
  traits: [],
  sort: "started_at",
  order: "desc",
};

/** Read the address bar; what makes no sense there is left out. */
export function fromSearch(search: URLSearchParams): Filters {
  const texts: Partial<Record<TextFilter, string>> = {};
  for (const name of TEXT_FILTERS) {
    const value = search.get(name)?.trim();
    if (value) texts[name] = value;
  }
  const range = search.get("range") ?? "";
  const sort = SORTS.find((each) => each === search.get("sort")) ?? NO_FILTERS.sort;
  const from = instant(search.get("from_ms"));
  const to = instant(search.get("to_ms"));
  const isCustom = from !== null || to !== null;
  return {
    range: isCustom ? "custom" : range in RANGES ? range : NO_FILTERS.range,
    from_ms: from,
    to_ms: to,
    texts,
    traits: search.getAll("trait").filter((trait) => trait.includes(":")),
    sort,
    order: search.get("order") === "asc" ? "asc" : "desc",
  };
}

/** Write the address bar; defaults are left out, so that the plain list has a plain address. */
export function toSearch(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  if (filters.from_ms !== null) search.set("from_ms", String(filters.from_ms));
  if (filters.to_ms !== null) search.set("to_ms", String(filters.to_ms));
  if (filters.range in RANGES && filters.range !== NO_FILTERS.range) search.set("range", filters.range);
  for (const name of TEXT_FILTERS) {
    const value = filters.texts[name];
    if (value) search.set(name, value);
  }
  for (const trait of filters.traits) search.append("trait", trait);
  if (filters.sort !== NO_FILTERS.sort) search.set("sort", filters.sort);
  if (filters.order !== NO_FILTERS.order) search.set("order", filters.order);
  return search;
}

/** Write the API's query: a relative range becomes an instant. */
export function toApiQuery(filters: Filters, nowMs: number): URLSearchParams {
  const query = toSearch(filters);
  query.delete("range");
  query.set("sort", filters.sort);
  query.set("order", filters.order);
  const rangeMs = RANGES[filters.range];
  if (rangeMs) query.set("from_ms", String(nowMs - rangeMs));
  return query;
}

/** Set or, with an empty value, remove one filter. */
export function withText(filters: Filters, name: TextFilter, value: string | null): Filters {
  const texts = { ...filters.texts };
  if (value?.trim()) texts[name] = value.trim();
  else delete texts[name];
  return { ...filters, texts };
}

/** Sort by a column; the same column again turns the order round. */
export function withSort(filters: Filters, sort: Sort): Filters {
  if (filters.sort !== sort) return { ...filters, sort, order: "desc" };
  return { ...filters, order: filters.order === "desc" ? "asc" : "desc" };
}

/** Count what narrows the list down, the search field and the time range aside. */
export function countNarrowing(filters: Filters): number {
  const texts = Object.keys(filters.texts).filter((name) => name !== "q");
  return texts.length + filters.traits.length;
}

/** Tell whether anything narrows the list down. */
export function isNarrowed(filters: Filters): boolean {
  return filters.range !== NO_FILTERS.range || Boolean(filters.texts.q) || countNarrowing(filters) > 0;
}

function instant(text: string | null): number | null {
  if (!text) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}
