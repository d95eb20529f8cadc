// Bounded text of whatever a page hands over: getters may throw, objects may be endless.

const DEEPEST = 4;
const MOST_KEYS = 40;
const LONGEST = 2000;
// For one value in all: an application's whole state is logged by some, and read in a blink.
const MOST_VISITS = 1000;
const MOST_CHARACTERS = 8000;

export function cut(text: string, longest: number = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** The member as text; empty where reading it throws. */
export function read(from: unknown, name: string): string {
  try {
    const value = (from as Record<string, unknown> | null | undefined)?.[name];
    return value === undefined || value === null ? "" : String(value);
  } catch {
    return "";
  }
}

/** A copy that JSON can hold: bounded, without cycles, elements by name and never by content. */
export function bounded(value: unknown): unknown {
  return copied(value, DEEPEST, { visits: MOST_VISITS, characters: MOST_CHARACTERS });
}

interface Budget {
  visits: number;
  characters: number;
}

function copied(value: unknown, depth: number, left: Budget): unknown {
  left.visits -= 1;
  if (left.visits < 0 || left.characters < 0) return "…";
  try {
    if (typeof value === "string") {
      left.characters -= Math.min(value.length, LONGEST);
      return cut(value);
    }
    if (typeof value === "function") return `ƒ ${value.name}`;
    if (typeof value !== "object" || value === null) return typeof value === "number" ? value : simple(value);
    if (value instanceof Error) return cut(read(value, "stack") || `${value.name}: ${value.message}`);
    if (value instanceof Element) return `<${value.tagName.toLowerCase()}${value.id && `#${value.id}`}>`;
    if (value instanceof Node || value instanceof Event) return `[${value.constructor.name}]`;
    if (depth === 0) return Array.isArray(value) ? "[…]" : "{…}";
    if (value instanceof Date) return String(value);
    if (Array.isArray(value)) return copiedItems(value, depth, left);
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value).slice(0, MOST_KEYS)) {
      if (left.visits <= 0) break;
      left.characters -= key.length;
      copy[cut(key, 100)] = copied((value as Record<string, unknown>)[key], depth - 1, left);
    }
    return copy;
  } catch {
    return "[unreadable]";
  }
}

function copiedItems(items: readonly unknown[], depth: number, left: Budget): unknown[] {
  const copies: unknown[] = [];
  for (const item of items.slice(0, MOST_KEYS)) {
    if (left.visits <= 0) break;
    copies.push(copied(item, depth - 1, left));
  }
  return copies;
}

function simple(value: unknown): unknown {
  return typeof value === "boolean" || value === null ? value : String(value);
}
