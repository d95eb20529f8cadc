// Bounded text of whatever a page hands over: getters may throw, objects may be endless.

const DEEPEST = 4;
const MOST_KEYS = 40;
const LONGEST = 2000;

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
export function bounded(value: unknown, depth: number = DEEPEST): unknown {
  try {
    if (typeof value === "string") return cut(value);
    if (typeof value === "function") return `ƒ ${value.name}`;
    if (typeof value !== "object" || value === null) return typeof value === "number" ? value : simple(value);
    if (value instanceof Error) return cut(read(value, "stack") || `${value.name}: ${value.message}`);
    if (value instanceof Element) return `<${value.tagName.toLowerCase()}${value.id && `#${value.id}`}>`;
    if (value instanceof Node || value instanceof Event) return `[${value.constructor.name}]`;
    if (depth === 0) return Array.isArray(value) ? "[…]" : "{…}";
    if (value instanceof Date) return String(value);
    if (Array.isArray(value)) return value.slice(0, MOST_KEYS).map((item) => bounded(item, depth - 1));
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value).slice(0, MOST_KEYS)) {
      copy[cut(key, 100)] = bounded((value as Record<string, unknown>)[key], depth - 1);
    }
    return copy;
  } catch {
    return "[unreadable]";
  }
}

function simple(value: unknown): unknown {
  return typeof value === "boolean" || value === null ? value : String(value);
}
