import { expect, test } from "vitest";

import { isLasting, selectorOf } from "../../../src/capture/selector.js";

const place = (html: string, mark = "[mark]"): Element => {
  document.body.innerHTML = html;
  return document.body.querySelector(mark) as Element;
};

test.each([
  ["<button id=pay mark>", "#pay"],
  [
    "<div data-testid=basket><ul><li>a</li><li mark>b</li></ul></div>",
    'div[data-testid="basket"] > ul > li:nth-of-type(2)',
  ],
  ["<form><input name=mail mark></form>", 'input[name="mail"]'],
  ["<main class=shop><p></p><p class='price css-1x2y3z' mark></p></main>", "body > main.shop > p.price:nth-of-type(2)"],
  ["<div id=ember1234><b mark></b></div>", "body > div > b"],
])("%s", (html, expected) => {
  expect(selectorOf(place(html))).toBe(expected);
});

test("the selector finds the element again", () => {
  const found = place("<div><ul><li></li><li><a></a><a mark></a></li></ul></div>");
  expect(document.querySelector(selectorOf(found))).toBe(found);
});

test("a quote in a name does not break out of it", () => {
  const found = place("<i mark></i>");
  found.setAttribute("data-testid", 'a"]b');
  expect(selectorOf(found)).toBe('i[data-testid="a\\"]b"]');
});

test("names that a tool made do not last", () => {
  expect(
    ["css-1q2w3e", "sc-bdVaJa", "Button_root__x7Fa2", "ember512", ":r1:", "a1b2c3d4", "jsx-123456"].filter(isLasting),
  ).toEqual([]);
  expect(["pay", "checkout-form", "nav_main", "is-active", "step-2"].filter(isLasting)).toEqual([
    "pay",
    "checkout-form",
    "nav_main",
    "is-active",
    "step-2",
  ]);
});
