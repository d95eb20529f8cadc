// Clicks, with a name for what was clicked.

import { listen } from "../natives.js";
import type { MaskRules } from "../record/masking.js";
import { selectorOf } from "./selector.js";

/** Payload of the custom event `click`. */
export interface Click {
  readonly selector: string;
  readonly text?: string;
  /** rrweb's id of the element. */
  readonly node_id: number;
  readonly x: number;
  readonly y: number;
}

const PRESSABLE = 'a,button,summary,label,[role="button"],[role="link"],[role="tab"],[role="menuitem"]';
const TYPED = "input,textarea,select,[contenteditable],[role=textbox]";
const LONGEST_TEXT = 80;

export function captureClicks(
  emit: (click: Click) => void,
  rules: MaskRules,
  nodeId: (node: Node) => number,
): () => void {
  return listen(window, "click", (event: MouseEvent) => {
    const target = event.composedPath()[0];
    if (!(target instanceof Element)) return;
    const pressed = target.matches(TYPED) ? target : target.closest(PRESSABLE);
    const text = pressed && readable(pressed, rules);
    emit({
      selector: selectorOf(pressed ?? target),
      ...(text ? { text } : {}),
      node_id: nodeId(target),
      x: Math.round(event.clientX),
      y: Math.round(event.clientY),
    });
  });
}

/** What stands on it; nothing where anything in it is typed, masked or blocked. */
function readable(element: Element, rules: MaskRules): string {
  if (element.closest(TYPED) || element.querySelector(TYPED)) return "";
  if (rules.isMasked(element) || rules.isBlocked(element)) return "";
  if (element.querySelector(`${rules.blockSelector},${rules.maskTextSelector}`)) return "";
  return (element.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, LONGEST_TEXT);
}
