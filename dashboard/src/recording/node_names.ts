/** What the elements of a page are called, learned from its snapshots and mutations. */

import { EVENT, type Fields, fields, list, number, type RecordedEvent, SOURCE, text } from "./event";

const ELEMENT = 2;
const TEXT = 3;
const MAX_WORDS = 40;
// A label's text sits this deep at most (`button > span > span > text`).
const MAX_DEPTH = 3;
// An icon in a button is this deep at most.
const MAX_CLIMB = 4;
const CONTROLS = new Set(["a", "button", "label", "summary"]);

/** Names nodes by their ids; a new full snapshot begins anew. */
export class NodeNames {
  #nodes = new Map<number, Fields>();
  #parents = new Map<number, number>();

  /** Take in what an event says about the page. */
  learn(event: RecordedEvent): void {
    if (event.type === EVENT.fullSnapshot) {
      this.#nodes = new Map();
      this.#parents = new Map();
      this.#add(fields(event.data.node));
    } else if (event.type === EVENT.incremental && event.data.source === SOURCE.mutation) {
      for (const added of list(event.data.adds)) this.#adopt(fields(added));
    }
  }

  /** Name a node as a person would: `button “Pay”`, `input#email`; null where it is not known. */
  nameOf(id: number): string | null {
    const node = this.#control(id) ?? this.#nodes.get(id);
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

  // What was clicked is often a part of a control, and the control is what it was clicked for.
  #control(id: number): Fields | null {
    let at: number | undefined = id;
    for (let steps = 0; at !== undefined && steps <= MAX_CLIMB; steps += 1) {
      const node = this.#nodes.get(at);
      if (node && CONTROLS.has(text(node.tagName) ?? "")) return node;
      at = this.#parents.get(at);
    }
    return null;
  }

  #adopt(added: Fields): void {
    const node = fields(added.node);
    const id = number(node.id);
    const parent = number(added.parentId);
    if (id !== null && parent !== null) this.#parents.set(id, parent);
    this.#add(node);
  }

  #add(node: Fields): void {
    const open: Fields[] = [node];
    for (let each = open.pop(); each; each = open.pop()) {
      const id = number(each.id);
      if (id === null) continue;
      this.#nodes.set(id, each);
      for (const child of list(each.childNodes)) {
        const inner = fields(child);
        const innerId = number(inner.id);
        if (innerId !== null) this.#parents.set(innerId, id);
        open.push(inner);
      }
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
