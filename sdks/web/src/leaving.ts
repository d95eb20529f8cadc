// When a page goes out of sight, goes away, and comes back.

import { listen, now } from "./natives.js";

export interface Leaving {
  /** Out of sight; it may never be heard of again. */
  readonly onHide: () => void;
  /** The page goes; `isEnd` where no page of the site follows in this window, as far as can be seen. */
  readonly onLeave: (isEnd: boolean) => void;
  /** Back from the back/forward cache. */
  readonly onReturn: () => void;
}

/** A navigation that began so long ago was not the one that takes the page away. */
const RECENT_MS = 10_000;

interface NavigateEvent extends Event {
  readonly downloadRequest: string | null;
  readonly destination: { readonly url: string; readonly sameDocument: boolean };
}

export function watchLeaving({ onHide, onLeave, onReturn }: Leaving): () => void {
  const { navigation } = window as { navigation?: EventTarget };
  let leftForUsAtMs = Number.NEGATIVE_INFINITY;
  const bubbling = { capture: false, passive: true };
  const stops = [
    // On the window, so that whoever listens on the document has added its last events.
    listen(window, "visibilitychange", () => document.visibilityState === "hidden" && onHide(), bubbling),
    listen(window, "pagehide", () => onLeave(navigation !== undefined && now() - leftForUsAtMs > RECENT_MS), bubbling),
    listen(window, "pageshow", (event: PageTransitionEvent) => event.persisted && onReturn(), bubbling),
  ];
  if (navigation) {
    stops.push(
      listen(navigation, "navigate", ({ destination, downloadRequest }: NavigateEvent) => {
        if (destination.sameDocument || downloadRequest !== null) return;
        const isOurs = new URL(destination.url).origin === location.origin;
        leftForUsAtMs = isOurs ? now() : Number.NEGATIVE_INFINITY;
      }),
    );
  }
  return () => {
    for (const stop of stops) stop();
  };
}
