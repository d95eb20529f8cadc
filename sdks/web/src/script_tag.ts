// The script-tag bundle: reads its tag, takes over the snippet's queue.

import { install, installed } from "./install.js";
import { guard, later } from "./natives.js";
import type { Parts } from "./parts/parts.js";
import type { Options, TraceFlow } from "./public_types.js";
import { readTag } from "./tag.js";

/** Names of the files beside the bundle, set by the build. */
declare const GZIP_FILE: string;
declare const CANVAS_FILE: string;

type Call = readonly [keyof TraceFlow, ...unknown[]];

interface Queue {
  readonly q?: readonly Call[];
  readonly o?: Partial<Options>;
}

const TAG = 'script[src*="/ingest/v1/sdk.js"]';
// Five seconds: then the page around is taken not to come.
const TRIES = 50;
const RETRY_MS = 100;

const tag = (document.currentScript as HTMLScriptElement | null) ?? document.querySelector<HTMLScriptElement>(TAG);

/** A part's file leaves what it brings under its name on `window.traceflowParts`. */
function partsFrom({ endpoint = "", nonce }: Options): Parts {
  const fetchPart = (file: string, name: keyof Parts): Promise<never> =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${endpoint}/ingest/v1/sdk/${file}`;
      if (nonce) script.nonce = nonce;
      script.onload = () =>
        resolve((window as unknown as { traceflowParts: Record<string, never> }).traceflowParts[name] as never);
      script.onerror = reject;
      document.head.appendChild(script);
    });
  return { gzip: () => fetchPart(GZIP_FILE, "gzip"), canvas: () => fetchPart(CANVAS_FILE, "canvas") };
}

/** In a frame: whether the page around it carries the tag too, whose script may not have run yet. */
const isAwaited = guard(() => window.parent !== window && window.parent.document.querySelector(TAG) !== null);

const begin = guard((triesLeft: number) => {
  const known = installed();
  if (!known && triesLeft > 0 && isAwaited()) {
    later(() => begin(triesLeft - 1), RETRY_MS);
    return;
  }
  const queue = (window as { traceflow?: Queue }).traceflow;
  const options = { ...(tag ? readTag(tag) : {}), ...queue?.o } as Options;
  const client = known ?? install(options, partsFrom(options));
  if (!client) console.warn("TraceFlow records nothing: its script tag has no data-key.");
  for (const [name, ...args] of queue?.q ?? []) {
    const method = client?.[name];
    if (typeof method === "function") (method as (...args: unknown[]) => unknown)(...args);
  }
});

begin(TRIES);
