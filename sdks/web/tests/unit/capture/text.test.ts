import { expect, test } from "vitest";

import { bounded } from "../../../src/capture/text.js";

test("plain values stay what they are", () => {
  const value = { a: 1, b: "x", c: [true, null], d: { e: 1.5 } };
  expect(bounded(value)).toEqual(value);
});

test("cycles, depth, width and length are bounded", () => {
  const endless: Record<string, unknown> = {};
  endless.self = endless;
  expect(JSON.stringify(bounded(endless)).length).toBeLessThan(100);
  expect((bounded("x".repeat(1e6)) as string).length).toBe(2001);
  expect((bounded(Array.from({ length: 1e5 }, () => 0)) as unknown[]).length).toBe(40);
});

test("an application's whole state costs no more than its share", () => {
  let reads = 0;
  const wide = (depth: number): unknown =>
    new Proxy(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, 0])), {
      get: () => {
        reads += 1;
        return depth === 0 ? "x".repeat(100) : wide(depth - 1);
      },
    });

  const text = JSON.stringify(bounded(wide(6)));

  expect(reads).toBeLessThan(1500);
  expect(text.length).toBeLessThan(30_000);
});

test("what throws when it is read is said to be unreadable", () => {
  const hostile = {
    get secret() {
      throw new Error("no");
    },
  };
  expect(bounded({ hostile, fine: 1 })).toEqual({ hostile: "[unreadable]", fine: 1 });
});

test("elements are named, not shown", () => {
  document.body.innerHTML = "<p id=who>Ann</p>";
  expect(bounded(document.querySelector("p"))).toBe("<p#who>");
});

test("values that JSON does not know have a name", () => {
  expect(bounded([undefined, 10n, Symbol("s"), function pay() {}])).toEqual(["undefined", "10", "Symbol(s)", "ƒ pay"]);
});
