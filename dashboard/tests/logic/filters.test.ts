import { describe, expect, test } from "vitest";
import {
  countNarrowing,
  fromSearch,
  isNarrowed,
  NO_FILTERS,
  toApiQuery,
  toSearch,
  withSort,
  withText,
} from "../../src/logic/filters";

describe("filters", () => {
  test("the plain list has a plain address", () => {
    expect(toSearch(NO_FILTERS).toString()).toBe("");
    expect(fromSearch(new URLSearchParams())).toEqual(NO_FILTERS);
  });

  test("what an address says is what it says again after reading", () => {
    const address =
      "range=7d&q=checkout&signal=rage_click&has_error=true&min_score=20&device=mobile&visitor=v1&trait=plan%3Apro&trait=team%3Aa&sort=duration&order=asc";

    const written = toSearch(fromSearch(new URLSearchParams(address)));

    expect([...written.entries()].sort()).toEqual([...new URLSearchParams(address).entries()].sort());
  });

  test("nonsense in an address is left out", () => {
    const filters = fromSearch(
      new URLSearchParams("range=ever&sort=luck&order=up&trait=plain&from_ms=-3&q=%20"),
    );

    expect(filters).toEqual(NO_FILTERS);
  });

  test("chosen times stand above a relative range", () => {
    const filters = fromSearch(new URLSearchParams("range=7d&from_ms=1000&to_ms=2000"));

    expect(filters.range).toBe("custom");
    expect(toApiQuery(filters, 9_000_000).get("from_ms")).toBe("1000");
    expect(toSearch(filters).get("range")).toBeNull();
  });

  test("a relative range becomes an instant only when the API is asked", () => {
    const filters = fromSearch(new URLSearchParams("range=1h"));

    expect(toSearch(filters).get("from_ms")).toBeNull();
    expect(toApiQuery(filters, 10_000_000).get("from_ms")).toBe(String(10_000_000 - 3_600_000));
    expect(toApiQuery(filters, 10_000_000).get("range")).toBeNull();
  });

  test("an emptied filter is gone", () => {
    const filters = withText(withText(NO_FILTERS, "page", "/cart"), "page", " ");

    expect(filters.texts).toEqual({});
    expect(isNarrowed(filters)).toBe(false);
  });

  test("the search field narrows the list but is not counted with the filters", () => {
    const filters = withText(NO_FILTERS, "q", "abc");

    expect(isNarrowed(filters)).toBe(true);
    expect(countNarrowing(filters)).toBe(0);
    expect(countNarrowing({ ...filters, traits: ["plan:pro"] })).toBe(1);
  });

  test("a column's second press turns the order round, another column begins with the most", () => {
    const once = withSort(NO_FILTERS, "duration");
    const twice = withSort(once, "duration");

    expect([once.order, twice.order]).toEqual(["desc", "asc"]);
    expect(withSort(twice, "frustration_score").order).toBe("desc");
  });
});
