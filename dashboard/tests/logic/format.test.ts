import { expect, test } from "vitest";
import {
  ago,
  bytes,
  clock,
  counted,
  duration,
  host,
  pagePath,
  percent,
  spokenClock,
} from "../../src/logic/format";

test("short stretches have a unit, long ones a clock", () => {
  expect([duration(null), duration(320), duration(8_900), duration(63_000), duration(3_729_000)]).toEqual([
    "–",
    "320 ms",
    "8 s",
    "1:03",
    "1:02:09",
  ]);
});

test("a clock never goes below zero", () => {
  expect(clock(-500)).toBe("0:00");
});

test("a spoken clock knows one from many", () => {
  expect(spokenClock(61_000)).toBe("1 minute 1 second");
  expect(spokenClock(125_000)).toBe("2 minutes 5 seconds");
  expect(spokenClock(4_000)).toBe("4 seconds");
});

test("age grows from seconds to days", () => {
  const now = 10 * 86_400_000;

  const words = [3_000, 40_000, 180_000, 7_200_000, 3 * 86_400_000].map((age) => ago(now - age, now));

  expect(words).toEqual(["just now", "40 s ago", "3 min ago", "2 h ago", "3 d ago"]);
});

test("small shares keep a digit, and none is none", () => {
  expect([percent(0), percent(0.021), percent(0.5)]).toEqual(["0 %", "2.1 %", "50 %"]);
});

test("sizes are worded in their order", () => {
  expect([bytes(null), bytes(0), bytes(1_500), bytes(2_300_000)]).toEqual(["–", "0 B", "1.5 kB", "2.3 MB"]);
});

test("one thing has no plural", () => {
  expect([counted(1, "page"), counted(0, "page"), counted(2, "page")]).toEqual([
    "1 page",
    "0 pages",
    "2 pages",
  ]);
});

test("an address is shortened to its path, whatever it is", () => {
  expect(pagePath("https://shop.example/a?b=c#d")).toBe("/a?b=c#d");
  expect(pagePath("https://shop.example")).toBe("/");
  expect(pagePath("[EMAIL:ABCDEFGHIJKLMNOP]")).toBe("[EMAIL:ABCDEFGHIJKLMNOP]");
  expect(host("https://shop.example:8443/a")).toBe("shop.example:8443");
});
