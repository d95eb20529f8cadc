// The browser's own functions, taken before the page replaces them.

type AnyFunction = (...args: never[]) => unknown;

const toSource = Function.prototype.toString;

/** Whether the browser made the function, and not the page. */
export function isNative(candidate: unknown): boolean {
  try {
    return typeof candidate === "function" && /\[native code\]/.test(toSource.call(candidate));
  } catch {
    return false;
  }
}

/** Zone.js keeps the browser's own functions under these names; its own would wake Angular at each timer. */
function unzoned<T>(name: string, ours: T): T {
  const kept = (globalThis as Record<string, unknown>)[`__zone_symbol__${name}`];
  return (kept as T | undefined) ?? ours;
}

const timer = unzoned("setTimeout", globalThis.setTimeout);
const untimer = unzoned("clearTimeout", globalThis.clearTimeout);
const fetchAtStart = unzoned("fetch", globalThis.fetch);

export function later(act: () => void, delayMs: number): number {
  return timer.call(globalThis, guard(act), delayMs) as unknown as number;
}

export function cancel(timerId: number): void {
  untimer.call(globalThis, timerId);
}

export const now = (): number => Date.now();

/** The page's fetch as it was when the SDK was loaded; undefined where the page has replaced it. */
export const nativeFetch: typeof fetch | undefined = isNative(fetchAtStart) ? fetchAtStart.bind(globalThis) : undefined;

let ownJson: JSON = JSON;

/** A page's own JSON.stringify may do anything: a frame still has the browser's. */
export function freshJson(): JSON {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.documentElement.appendChild(frame);
  const found = (frame.contentWindow as (Window & { JSON?: JSON }) | null)?.JSON;
  frame.remove();
  return found ?? JSON;
}

const { stringify: stringifyAtStart, parse: parseAtStart } = JSON;
if (isNative(stringifyAtStart)) ownJson = { ...JSON, stringify: stringifyAtStart, parse: parseAtStart } as JSON;

function json(): JSON {
  if (!isNative(ownJson.stringify) && typeof document === "object" && document.documentElement) {
    ownJson = freshJson();
  }
  return ownJson;
}

const prototypes: readonly object[] = [Array.prototype, Object.prototype, String.prototype, Number.prototype];

/** JSON text, whatever `toJSON` the page has put on the built-in prototypes (Prototype.js does). */
export function stringify(value: unknown): string {
  const hidden: [object, PropertyDescriptor][] = [];
  try {
    for (const prototype of prototypes) {
      const found = Object.getOwnPropertyDescriptor(prototype, "toJSON");
      if (found?.configurable) {
        hidden.push([prototype, found]);
        delete (prototype as { toJSON?: unknown }).toJSON;
      }
    }
    return json().stringify(value);
  } finally {
    for (const [prototype, found] of hidden) Object.defineProperty(prototype, "toJSON", found);
  }
}

/** The value that the text stands for; undefined where it is no JSON. */
export function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return json().parse(text);
  } catch {
    return undefined;
  }
}

/** The same function, but silent where it fails: the page never sees our faults. */
export function guard<T extends AnyFunction>(act: T): (...args: Parameters<T>) => ReturnType<T> | undefined {
  return (...args) => {
    try {
      return act(...args) as ReturnType<T>;
    } catch {
      return undefined;
    }
  };
}

/** Listen, silently; returns how to stop. */
export function listen(
  target: EventTarget,
  name: string,
  act: (event: never) => void,
  options: AddEventListenerOptions = { capture: true, passive: true },
): () => void {
  const guarded = guard(act) as EventListener;
  target.addEventListener(name, guarded, options);
  return () => target.removeEventListener(name, guarded, options);
}
