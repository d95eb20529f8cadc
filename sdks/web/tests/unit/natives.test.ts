import { afterEach, expect, test } from "vitest";

import { guard, isNative, parse, stringify } from "../../src/natives.js";

type Patched = { toJSON?: unknown };

afterEach(() => {
  delete (Array.prototype as Patched).toJSON;
  delete (Object.prototype as Patched).toJSON;
});

test("JSON is right on pages whose prototypes have toJSON, which stays as it was", () => {
  const theirs = () => "theirs";
  (Array.prototype as Patched).toJSON = theirs;
  (Object.prototype as Patched).toJSON = theirs;
  expect(stringify({ a: [1, { b: 2 }] })).toBe('{"a":[1,{"b":2}]}');
  expect((Array.prototype as Patched).toJSON).toBe(theirs);
});

test("an object's own toJSON still counts", () => {
  expect(stringify({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
});

test("text that is no JSON is nothing", () => {
  expect([parse("{"), parse(null), parse("[1]")]).toEqual([undefined, undefined, [1]]);
});

test("a guarded function is silent where it fails", () => {
  const failing = guard((n: number) => {
    if (n > 1) throw new Error("ours");
    return n;
  });
  expect([failing(1), failing(2)]).toEqual([1, undefined]);
});

test("what the page made is not native", () => {
  expect([isNative(parseInt), isNative(() => 1), isNative(undefined)]).toEqual([true, false, false]);
});
