import { beforeEach, expect, test } from "vitest";

import { type Masking, maskRules, type RecordedEvent } from "../../../src/record/masking.js";

const rules = (masking: Partial<Masking> = {}) =>
  maskRules({
    maskAllInputs: true,
    maskAllText: false,
    maskSelector: undefined,
    blockSelector: undefined,
    ignoreSelector: undefined,
    ...masking,
  });
const element = (html: string): HTMLElement => {
  document.body.innerHTML = html;
  return document.body.firstElementChild as HTMLElement;
};

beforeEach(() => {
  document.body.innerHTML = "";
});

test.each(["text", "email", "hidden", "tel", "search", "number"])("input %s is masked", (type) => {
  expect(rules().maskInput("abc def", element(`<input type=${type}>`))).toBe("*******");
});

test.each(["submit", "button", "reset"])("the label of %s stays", (type) => {
  expect(rules().maskInput("Send", element(`<input type=${type}>`))).toBe("Send");
});

test("where inputs are not masked, passwords and what stands in a masked element still are", () => {
  const open = rules({ maskAllInputs: false, maskSelector: ".private" });
  expect(open.maskInput("abc", element("<input>"))).toBe("abc");
  expect(open.maskInput("abc", element("<input type=password>"))).toBe("***");
  expect(open.maskInput("abc", element("<input data-rr-is-password type=text>"))).toBe("***");
  expect(open.maskInput("abc", element("<div class=private><input></div>").firstElementChild)).toBe("***");
});

test("a mask holds for shadow roots inside it", () => {
  const host = element("<div data-tf-mask><p></p></div>").firstElementChild as Element;
  const inside = host.attachShadow({ mode: "open" }).appendChild(document.createTextNode("x"));
  expect(rules().isMasked(inside)).toBe(true);
});

test("typed text that is no input is masked", () => {
  expect(rules().isMasked(element("<div contenteditable><b>x</b></div>").querySelector("b"))).toBe(true);
  expect(rules().isMasked(element('<div contenteditable="false"><b>x</b></div>').querySelector("b"))).toBe(false);
});

test("attributes that tell something are masked with their element, structure is not", () => {
  const node = element('<a data-tf-mask title="Ann" aria-label="Ann" data-id="7" class="big" href="/x">Ann</a>');
  const attributes = { title: "Ann", "aria-label": "Ann", "data-id": "7", class: "big", href: "/x" };
  const event: RecordedEvent = {
    type: 2,
    data: { node: { id: 1, type: 2, tagName: "a", attributes, childNodes: [{ id: 2, type: 3, textContent: "Ann" }] } },
  };
  rules().finish(event, (id) => (id === 1 ? node : node.firstChild));
  expect(event.data.node).toMatchObject({
    attributes: { title: "***", "aria-label": "***", "data-id": "*", class: "big", href: "/x" },
    childNodes: [{ textContent: "***" }],
  });
});

test("changes inside a masked element are masked", () => {
  const node = element("<p data-tf-mask>x</p>");
  const event: RecordedEvent = {
    type: 3,
    data: {
      source: 0,
      texts: [{ id: 1, value: "Ann B" }],
      attributes: [{ id: 1, attributes: { title: "Ann", class: "c" } }],
    },
  };
  rules().finish(event, () => node);
  expect(event.data.texts?.[0]?.value).toBe("*** *");
  expect(event.data.attributes?.[0]?.attributes).toEqual({ title: "***", class: "c" });
});

test("values of choices are masked, in the page and when chosen", () => {
  const node = element("<input type=radio value=ann@example.com>");
  const tree: RecordedEvent = {
    type: 2,
    data: { node: { id: 1, type: 2, tagName: "input", attributes: { type: "radio", value: "ann@example.com" } } },
  };
  const chosen: RecordedEvent = { type: 3, data: { source: 5, id: 1, text: "ann@example.com" } };
  for (const event of [tree, chosen]) rules().finish(event, () => node);
  expect(tree.data.node?.attributes?.value).toBe("***************");
  expect(chosen.data.text).toBe("***************");
});

test("what is not masked stays as it is", () => {
  const node = element("<p title=t>x</p>");
  const event: RecordedEvent = { type: 3, data: { source: 0, texts: [{ id: 1, value: "readable" }] } };
  rules().finish(event, () => node);
  expect(event.data.texts?.[0]?.value).toBe("readable");
});
