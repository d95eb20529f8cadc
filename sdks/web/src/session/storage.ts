// What the browser remembers: values under the project's prefix, or only in memory where storage is refused.

import { parse, stringify } from "../natives.js";

/** Small values by name. */
export interface Store {
  read<T>(name: string): T | null;
  write(name: string, value: unknown): void;
  remove(name: string): void;
}

/** The browser's storage of that kind; one in memory where the browser refuses it or it is full. */
export function openStore(kind: "localStorage" | "sessionStorage", prefix: string): Store {
  const memory = new Map<string, string>();
  const behind = (): Storage | null => {
    try {
      return window[kind];
    } catch {
      return null; // SecurityError: cookies blocked, or a sandboxed frame
    }
  };
  return {
    read: <T>(name: string) => {
      let text: string | null = null;
      try {
        text = behind()?.getItem(prefix + name) ?? null;
      } catch {}
      return (parse(text ?? memory.get(name) ?? null) ?? null) as T | null;
    },
    write: (name, value) => {
      const text = stringify(value);
      try {
        const storage = behind();
        if (storage) {
          storage.setItem(prefix + name, text);
          memory.delete(name);
          return;
        }
      } catch {}
      memory.set(name, text);
    },
    remove: (name) => {
      memory.delete(name);
      try {
        behind()?.removeItem(prefix + name);
      } catch {}
    },
  };
}
