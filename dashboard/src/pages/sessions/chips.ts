/** The filters that are set, in words, each with the way to remove it. */

import { type Filters, TEXT_FILTERS, type TextFilter, withText } from "../../logic/filters";
import { duration } from "../../logic/format";
import { kindOf } from "../../logic/signals";

/** A filter that is set. */
export interface Chip {
  key: string;
  name: string;
  value: string;
  without: Filters;
}

/** How filters are called. */
export const FILTER_NAMES: Record<TextFilter, string> = {
  q: "Search",
  page: "Page",
  signal: "Signal",
  state: "State",
  has_error: "Errors",
  min_score: "Frustration ≥",
  max_score: "Frustration ≤",
  min_duration_ms: "Longer than",
  max_duration_ms: "Shorter than",
  device: "Device",
  browser: "Browser",
  os: "System",
  country: "Country",
  release: "Release",
  environment: "Environment",
  visitor: "Visitor",
};

/** Word the filters; the search field speaks for itself. */
export function chipsOf(filters: Filters): Chip[] {
  const chips: Chip[] = [];
  for (const name of TEXT_FILTERS) {
    const value = filters.texts[name];
    if (!value || name === "q") continue;
    const without = withText(filters, name, null);
    chips.push({ key: name, name: FILTER_NAMES[name], value: worded(name, value), without });
  }
  for (const trait of filters.traits) {
    const without = { ...filters, traits: filters.traits.filter((each) => each !== trait) };
    chips.push({ key: `trait-${trait}`, name: "Trait", value: trait, without });
  }
  return chips;
}

function worded(name: TextFilter, value: string): string {
  if (name === "signal") return kindOf(value).label;
  if (name === "has_error") return value === "true" ? "some" : "none";
  if (name === "min_duration_ms" || name === "max_duration_ms") return duration(Number(value));
  return value;
}
