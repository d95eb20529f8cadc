// Whether the visitor may be recorded at all.

import type { Store } from "./storage.js";

const NAME = "consent";

export interface Consent {
  isGiven(): boolean;
  give(): void;
  refuse(): void;
}

/** Nothing is stored before consent where it is required; a refusal is, where it is not. */
export function trackConsent(
  store: Store,
  asks: { readonly requireConsent: boolean; readonly respectDoNotTrack: boolean },
): Consent {
  let refusedHere = false;
  return {
    isGiven: () => {
      if (refusedHere || (asks.respectDoNotTrack && asksNotToBeTracked())) return false;
      const answer = store.read<string>(NAME);
      return answer === "given" || (answer !== "refused" && !asks.requireConsent);
    },
    give: () => {
      refusedHere = false;
      if (!asks.respectDoNotTrack || !asksNotToBeTracked()) store.write(NAME, "given");
    },
    refuse: () => {
      refusedHere = true;
      if (asks.requireConsent) store.remove(NAME);
      else store.write(NAME, "refused");
    },
  };
}

function asksNotToBeTracked(): boolean {
  const asked = navigator as Navigator & { globalPrivacyControl?: boolean };
  return asked.doNotTrack === "1" || asked.globalPrivacyControl === true;
}
