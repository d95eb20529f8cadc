import { afterEach, expect, test, vi } from "vitest";

import { openStore } from "../../../src/session/storage.js";

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

test("values live under the prefix", () => {
  openStore("localStorage", "tf_a_").write("x", { n: 1 });
  expect(localStorage.getItem("tf_a_x")).toBe('{"n":1}');
  expect(openStore("localStorage", "tf_b_").read("x")).toBeNull();
});

test("a browser that refuses leaves the values in memory", () => {
  vi.spyOn(window, "localStorage", "get").mockImplementation(() => {
    throw new DOMException("denied", "SecurityError");
  });
  const store = openStore("localStorage", "tf_a_");
  store.write("x", 1);
  expect(store.read("x")).toBe(1);
  store.remove("x");
  expect(store.read("x")).toBeNull();
});

test("what the page wrote under our name and is no JSON counts as nothing", () => {
  localStorage.setItem("tf_a_x", "{broken");
  expect(openStore("localStorage", "tf_a_").read("x")).toBeNull();
});
