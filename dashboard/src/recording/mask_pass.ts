/** Makes masked values visible in a replayed page, without touching the nodes that rrweb works on. */

import { hasMasked, MASKED } from "./masked";

const HIGHLIGHT = "tf-masked";
const ATTRIBUTE = "data-tf-masked";
const STRIPES = "repeating-linear-gradient(45deg, rgba(76,110,245,.22) 0 4px, rgba(76,110,245,.08) 4px 8px)";
const FIELDS = "input, textarea, select, option";
// A pass may take this share of the time between two of them, so that large pages are looked over less often.
const SHARE = 0.05;
const MIN_WAIT_MS = 120;
// Each live range costs at every change of its page; nobody looks at more marks than that.
const MARKS_AT_MOST = 20_000;

/** Tell whether the browser can mark text without wrapping it. */
export function canHighlight(): boolean {
  return typeof Highlight === "function" && "highlights" in CSS;
}

/** The rules that the replayed page gets. */
export function maskRules(): string[] {
  const rules = [
    `[${ATTRIBUTE}] { background-image: ${STRIPES} !important; outline: 1px dashed rgba(76,110,245,.55) !important; outline-offset: -1px; }`,
    ".rr-block { background-image: repeating-linear-gradient(45deg, #adb5bd 0 8px, #ced4da 8px 16px) !important; background-color: #ced4da !important; }",
  ];
  if (canHighlight()) {
    rules.push(`::highlight(${HIGHLIGHT}) { background-color: rgba(76,110,245,.24); color: #364fc7; }`);
  }
  return rules;
}

/** Looks a replayed page over, after it has changed. */
export class MaskPass {
  #frame: HTMLIFrameElement;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #waitMs = MIN_WAIT_MS;

  constructor(frame: HTMLIFrameElement) {
    this.#frame = frame;
  }

  /** Ask for a pass soon. */
  request(): void {
    this.#timer ??= setTimeout(() => this.#run(), this.#waitMs);
  }

  /** Ask for none any more. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run(): void {
    this.#timer = null;
    const page = this.#frame.contentDocument;
    const view = this.#frame.contentWindow as (Window & typeof globalThis) | null;
    if (!page?.body || !view) return;
    const began = performance.now();
    markFields(page);
    if (canHighlight()) markTexts(page, view);
    this.#waitMs = Math.max(MIN_WAIT_MS, (performance.now() - began) / SHARE);
  }
}

function markFields(page: Document): void {
  for (const field of page.querySelectorAll<HTMLInputElement>(FIELDS)) {
    const value = field.value ?? "";
    const isMasked = value !== "" && (/^\*+$/.test(value) || hasMasked(value));
    if (isMasked !== field.hasAttribute(ATTRIBUTE)) field.toggleAttribute(ATTRIBUTE, isMasked);
  }
}

function markTexts(page: Document, view: Window & typeof globalThis): void {
  const marks = new view.Highlight();
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && marks.size < MARKS_AT_MOST; node = walker.nextNode()) {
    const value = node.nodeValue ?? "";
    if (value.length < 3) continue;
    for (const found of value.matchAll(MASKED)) {
      const range = page.createRange();
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      marks.add(range);
      if (marks.size >= MARKS_AT_MOST) break;
    }
  }
  view.CSS.highlights.set(HIGHLIGHT, marks);
}
