// Where the visitor goes within the page (and that the page came up).

import { guard, listen } from "../natives.js";

/** Payload of the custom event `navigation`. */
export interface Navigation {
  readonly href: string;
  readonly from: string;
  readonly kind: "load" | "push" | "replace" | "pop" | "hash";
}

export function captureNavigation(
  emit: (navigation: Navigation) => void,
  scrubUrl: (url: string) => string,
): () => void {
  let last = location.href;
  const go = guard((kind: Navigation["kind"]) => {
    const { href } = location;
    if (href === last) return;
    const from = last;
    last = href;
    emit({ href: scrubUrl(href), from: scrubUrl(from), kind });
  });
  const wrap = (name: "pushState" | "replaceState", kind: Navigation["kind"]): (() => void) => {
    const original = history[name];
    const ours = function (this: History, ...args: Parameters<History["pushState"]>): void {
      original.apply(this, args);
      go(kind);
    };
    history[name] = ours;
    return () => {
      if (history[name] === ours) history[name] = original;
    };
  };
  const withoutHash = (href: string): string => href.split("#")[0] ?? "";
  const popped = (): void =>
    go(withoutHash(location.href) === withoutHash(last) && history.state === null ? "hash" : "pop") as undefined;

  emit({ href: scrubUrl(last), from: document.referrer && scrubUrl(document.referrer), kind: "load" });
  const stops = [
    wrap("pushState", "push"),
    wrap("replaceState", "replace"),
    listen(window, "popstate", popped),
    listen(window, "hashchange", () => go("hash")),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
