// Options from the attributes of the script tag.

import { parse } from "./natives.js";
import type { Options } from "./public_types.js";

const BUNDLE = /\/ingest\/v1\/sdk\.js.*$/;

/** `data-sample-rate="0.5"` → `{sampleRate: 0.5}`; `data-console="false"`, `data-console='["error"]'`. */
export function readTag(tag: HTMLScriptElement): Partial<Options> {
  const options: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(tag.dataset)) {
    if (text === undefined) continue;
    // An attribute without a value says yes; what is no JSON is the text itself.
    options[name] =
      text === "" ? true : isText(name) ? text : isPlainList(name, text) ? words(text) : (parse(text) ?? text);
  }
  if (tag.nonce) options.nonce = tag.nonce;
  if (BUNDLE.test(tag.src)) options.endpoint ??= tag.src.replace(BUNDLE, "");
  return options as Partial<Options>;
}

/** `data-keep-query="page,sort"`; a list in JSON goes as well. */
function isPlainList(name: string, text: string): boolean {
  return /^(?:keepQuery|\w+Origins)$/.test(name) && !text.trim().startsWith("[");
}

function words(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);
}

function isText(name: string): boolean {
  return /^(?:key|endpoint|dashboardUrl|project|release|environment|nonce|\w+Selector)$/.test(name);
}
