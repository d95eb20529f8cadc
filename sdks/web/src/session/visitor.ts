// Who is being recorded, as far as the site says.

import { newId } from "../ids.js";
import type { Properties } from "../public_types.js";
import type { Store } from "./storage.js";

const NAME = "visitor";

export interface Visitor {
  readonly anonymous_id: string;
  readonly identified_id: string | null;
  readonly traits: Properties;
}

export interface VisitorTracker {
  current(nowMs: number): Visitor;
  identify(visitorId: string, traits: Properties, nowMs: number): void;
  forget(): void;
}

export function trackVisitor(store: Store): VisitorTracker {
  const current = (nowMs: number): Visitor => {
    const stored = store.read<Visitor>(NAME);
    if (stored?.anonymous_id) return stored;
    const visitor = { anonymous_id: newId(nowMs), identified_id: null, traits: {} };
    store.write(NAME, visitor);
    return visitor;
  };
  return {
    current,
    identify: (visitorId, traits, nowMs) => {
      const { anonymous_id, identified_id, traits: known } = current(nowMs);
      const kept = identified_id === null || identified_id === visitorId ? known : {};
      store.write(NAME, { anonymous_id, identified_id: visitorId, traits: { ...kept, ...traits } });
    },
    forget: () => store.remove(NAME),
  };
}
