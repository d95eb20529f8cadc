import { expect, test } from "vitest";
import { fromSearch, toSearch } from "../../src/logic/filters";
import { chipsOf } from "../../src/pages/sessions/chips";

test("each filter has its words and the way to take it away", () => {
  const filters = fromSearch(
    new URLSearchParams("signal=rage_click&has_error=true&min_duration_ms=90000&trait=plan:pro"),
  );

  const chips = chipsOf(filters);

  expect(chips.map((chip) => `${chip.name} ${chip.value}`)).toEqual([
    "Signal Rage click",
    "Errors some",
    "Longer than 1:30",
    "Trait plan:pro",
  ]);
  expect(toSearch(chips[0]?.without ?? filters).get("signal")).toBeNull();
  expect(toSearch(chips[3]?.without ?? filters).getAll("trait")).toEqual([]);
});

test("the search field has no chip: it shows its words itself", () => {
  expect(chipsOf(fromSearch(new URLSearchParams("q=cart")))).toEqual([]);
});
