import { beforeEach, expect, test } from "vitest";

import { addressScrubber } from "../../../src/capture/url_template.js";
import { type Masking, maskRules, type RecordedEvent } from "../../../src/record/masking.js";

const rules = (masking: Partial<Masking> = {}) =>
  maskRules({
    maskAllInputs: true,
    maskAllText: false,
    keepChoices: false,
    scrubUrl: addressScrubber([]),
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

type Attributes = Record<string, unknown>;
const inTree = (node: Element, attributes: Attributes, masking: Partial<Masking> = {}): Attributes => {
  const tagName = node.tagName.toLowerCase();
  rules(masking).finish({ type: 2, data: { node: { id: 1, type: 2, tagName, attributes } } }, () => node);
  return attributes;
};
const change = (attributes: Attributes): RecordedEvent => ({
  type: 3,
  data: { source: 0, attributes: [{ id: 1, attributes }] },
});

test("a field's own attributes do not tell what stands in it", () => {
  const field = element("<input>");
  const given = { title: "Erika", "data-initial": "Erika", "aria-valuetext": "4200", placeholder: "Name", name: "n" };
  const masked = { title: "*****", "data-initial": "*****", "aria-valuetext": "****", placeholder: "Name", name: "n" };
  expect(inTree(field, { ...given })).toEqual(masked);
  expect(inTree(field, { ...given }, { maskAllInputs: false })).toEqual(given);
});

test("the attribute value of a field is masked whatever its property says", () => {
  const impossible = element('<input type=date value="01.02.1980">') as HTMLInputElement;
  expect(inTree(impossible, { type: "date", value: "01.02.1980" }).value).toBe("**********");
  const open = { maskAllInputs: false };
  expect(inTree(element("<input type=password>"), { value: "abc" }, open).value).toBe("***");
  expect(inTree(element("<input type=submit>"), { value: "Send" }).value).toBe("Send");
  expect(
    inTree(element("<select><option value=DE></select>").firstElementChild as Element, { value: "DE" }).value,
  ).toBe("DE");
});

test("the document in srcdoc is in no attribute", () => {
  const frame = document.createElement("iframe");
  expect(inTree(frame, { srcdoc: "<input value=Erika>", id: "f" }, { maskAllInputs: false })).toEqual({ id: "f" });
  const event = change({ srcdoc: "<input value=Erika>" });
  rules().finish(event, () => frame);
  expect(event.data.attributes?.[0]?.attributes).toEqual({});
});

test("what scripts write into data-* and aria-value* is masked, also in later snapshots; words of state are not", () => {
  const node = element("<div></div>");
  const ours = rules();
  const event = change({ "data-copy": "Erika M", "aria-valuenow": "42", "data-state": "open", title: "t" });
  ours.finish(event, () => node);
  expect(event.data.attributes?.[0]?.attributes).toEqual({
    "data-copy": "***** *",
    "aria-valuenow": "**",
    "data-state": "open",
    title: "t",
  });
  const attributes = { "data-copy": "Erika Mu", "data-state": "open", "data-id": "7" };
  ours.finish({ type: 2, data: { node: { id: 1, type: 2, tagName: "div", attributes } } }, () => node);
  expect(attributes).toEqual({ "data-copy": "***** **", "data-state": "open", "data-id": "7" });
});

test("attributes that repeat what stands in a field are masked", () => {
  const node = element("<div></div>");
  document.body.insertAdjacentHTML("beforeend", "<textarea>Erika</textarea>");
  expect(inTree(node, { "data-grown": "Erika", title: "Hello Erika", "data-other": "Hans" })).toEqual({
    "data-grown": "*****",
    title: "***** *****",
    "data-other": "Hans",
  });
});

test("which choice is taken is told only where it is asked for", () => {
  const box = element("<input type=checkbox>");
  const chosen = (): RecordedEvent => ({ type: 3, data: { source: 5, id: 1, text: "on", isChecked: true } });
  const told = (masking: Partial<Masking>): unknown => {
    const event = chosen();
    rules(masking).finish(event, () => box);
    return event.data.isChecked;
  };
  expect(inTree(box, { checked: true, name: "n" })).toEqual({ name: "n" });
  expect(inTree(box, { checked: true }, { keepChoices: true })).toEqual({ checked: true });
  expect([told({}), told({ keepChoices: true }), told({ maskAllInputs: false })]).toEqual([undefined, true, true]);
});

test("links do not carry the values of the page's address", () => {
  const link = element("<a></a>");
  expect(inTree(link, { href: "https://a.example/search?q=Erika#top" }).href).toBe("https://a.example/search?q=*#top");
  expect(inTree(link, { href: "https://a.example/#part" }).href).toBe("https://a.example/#part");
});

/** A document of a frame, as far as masking looks at it; happy-dom loads none. */
const documentIn = (frame: Element, designMode = "off"): Document => {
  const inside = document.implementation.createHTMLDocument();
  Object.defineProperties(inside, {
    defaultView: { value: { frameElement: frame } },
    designMode: { value: designMode },
  });
  return inside;
};

test("a mask holds for the document of a frame inside it, and designMode is typing", () => {
  const frame = element("<div data-tf-mask><p></p></div>").firstElementChild as Element;
  expect(rules().isMasked(documentIn(frame))).toBe(true);
  expect(rules().isMasked(documentIn(frame).body)).toBe(true);
  const open = element("<div></div>");
  expect(rules().isMasked(documentIn(open).body)).toBe(false);
  expect(rules().isMasked(documentIn(open, "on").body)).toBe(true);
  expect(rules({ maskAllInputs: false }).isMasked(documentIn(open, "on").body)).toBe(false);
});
