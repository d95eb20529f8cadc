/** What kinds of moments there are: their words and their colours. */

/** How a kind is shown. `color` is a name of the theme. */
export interface Kind {
  label: string;
  color: string;
}

const KINDS: Record<string, Kind> = {
  rage_click: { label: "Rage click", color: "red" },
  dead_click: { label: "Dead click", color: "orange" },
  error_click: { label: "Error click", color: "grape" },
  slow_click: { label: "Slow click", color: "yellow" },
  thrashed_cursor: { label: "Thrashed cursor", color: "violet" },
  quick_back: { label: "Quick back", color: "cyan" },
  error: { label: "Error", color: "pink" },
  network: { label: "Failed request", color: "lime" },
  navigation: { label: "Page", color: "blue" },
  click: { label: "Click", color: "gray" },
  input: { label: "Input", color: "gray" },
  page_view: { label: "Page view", color: "blue" },
};

/** The kinds that the filter menu offers. */
export const SIGNAL_KINDS = ["rage_click", "dead_click", "error_click", "slow_click", "thrashed_cursor"];

/** Look a kind up; an unknown one is worded by its name. */
export function kindOf(name: string): Kind {
  const known = KINDS[name];
  if (known) return known;
  const words = name.replaceAll("_", " ");
  return { label: words.charAt(0).toUpperCase() + words.slice(1), color: "gray" };
}

/** The levels of frustration, by the weights that docs/api/detection.md names. */
export function levelOf(score: number): { label: string; color: string } {
  if (score >= 50) return { label: "High", color: "red" };
  if (score >= 10) return { label: "Some", color: "orange" };
  return { label: "Smooth", color: "teal" };
}
