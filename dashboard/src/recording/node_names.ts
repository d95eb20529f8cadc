/** What the elements of a page are called, learned from its snapshots and mutations. */

import { EVENT, type Fields, fields, list, number, type RecordedEvent, SOURCE, text } from "./event";

const ELEMENT = 2;
const TEXT = 3;
const MAX_WORDS = 40;
// A label's text sits this deep at most (`button > span > span > text`).
const MAX_DEPTH = 3;

/** Names nodes by their ids; a new full snapshot begins anew. */
export class NodeNames {
  #nodes = new Map<number, Fields>();

  /** Take in what an event says about the page. */
  learn(event: RecordedEvent): void {
    if (event.type === EVENT.fullSnapshot) {
      this.#nodes = new Map();
      this.#add(fields(event.data.node));
    } else if (event.type === EVENT.incremental && event.data.source === SOURCE.mutation) {
      for (const added of list(event.data.adds)) this.#add(fields(fields(added).node));
    }
  }

  /** Name a node as a person would: `button “Pay”`, `input#email`; null where it is not known. */
  nameOf(id: number): string | null {
    const node = this.#nodes.get(id);
    if (!node) return null;
    if (node.type === TEXT) return `“${short(text(node.textContent) ?? "")}”`;
    if (node.type !== ELEMENT) return null;
    const tag = text(node.tagName) ?? "element";
    const attributes = fields(node.attributes);
    const words = text(attributes["aria-label"]) ?? textIn(node, MAX_DEPTH);
    if (words && tag !== "body" && tag !== "html") return `${tag} “${short(words)}”`;
    const named = text(attributes.id) ?? null;
    if (named) return `${tag}#${named}`;
    const field = text(attributes.name) ?? text(attributes.placeholder);
    return field ? `${tag} “${short(field)}”` : tag;
  }

  #add(node: Fields): void {
    const open: Fields[] = [node];
    for (let each = open.pop(); each; each = open.pop()) {
      const id = number(each.id);
      if (id !== null) this.#nodes.set(id, each);
      for (const child of list(each.childNodes)) open.push(fields(child));
    }
  }
}

function textIn(node: Fields, depth: number): string {
  if (depth === 0) return "";
  const words = list(node.childNodes).map((child) => {
    const each = fields(child);
    return each.type === TEXT ? (text(each.textContent) ?? "") : textIn(each, depth - 1);
  });
  return words.join(" ").replace(/\s+/g, " ").trim();
}

function short(words: string): string {
  const plain = words.replace(/\s+/g, " ").trim();
  return plain.length > MAX_WORDS ? `${plain.slice(0, MAX_WORDS - 1)}…` : plain;
}
