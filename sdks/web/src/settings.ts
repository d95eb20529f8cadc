// The options with their defaults.

import { addressScrubber } from "./capture/url_template.js";
import type { ConsoleLevel, NetworkOptions, Options } from "./public_types.js";

const LEVELS: readonly ConsoleLevel[] = ["debug", "info", "log", "warn", "error"];
const MINUTE_MS = 60_000;

/** Options that are all there. */
export interface Settings
  extends Required<Omit<Options, "release" | "environment" | "console" | "network" | "nonce" | MaskOptions>> {
  readonly release: string | null;
  readonly environment: string | null;
  readonly console: readonly ConsoleLevel[];
  readonly network: NetworkOptions | null;
  readonly nonce: string | null;
  readonly maskSelector: string | undefined;
  readonly blockSelector: string | undefined;
  readonly ignoreSelector: string | undefined;
  /** Names of the project's values in the browser begin so. */
  readonly prefix: string;
}

type MaskOptions = "maskSelector" | "blockSelector" | "ignoreSelector";

/** Null where the SDK cannot work: no key, or no address. What is of a wrong type is warned of, and its default used. */
export function settingsOf(given: Options): Settings | null {
  const options = withRightTypes(given);
  const endpoint = (options.endpoint ?? "").replace(/\/+$/, "");
  if (!options.key || !/^https?:\/\//.test(endpoint)) return null;
  const { network = true, console = LEVELS, keepQuery = [] } = options;
  return {
    dashboardUrl: endpoint,
    project: "default",
    autoStart: true,
    sampleRate: 1,
    requireConsent: false,
    respectDoNotTrack: false,
    maskAllInputs: true,
    maskAllText: false,
    keepChoices: false,
    recordCanvas: false,
    recordCrossOriginFrames: true,
    parentOrigins: [],
    frameOrigins: [],
    traceOrigins: [],
    tracePropagation: true,
    webVitals: true,
    longTasks: true,
    worker: true,
    maxQueueBytes: 10 * 1024 * 1024,
    maxQueueAgeMs: 24 * 60 * MINUTE_MS,
    idleTimeoutMs: 30 * MINUTE_MS,
    maxSessionMs: 24 * 60 * MINUTE_MS,
    ...options,
    endpoint,
    keepQuery,
    scrubUrl: scrubberOf(options.scrubUrl, keepQuery),
    release: options.release ?? null,
    environment: options.environment ?? null,
    console: console === false ? [] : console,
    network: network === true ? {} : network === false ? null : network,
    nonce: options.nonce ?? null,
    maskSelector: options.maskSelector,
    blockSelector: options.blockSelector,
    ignoreSelector: options.ignoreSelector,
    prefix: `tf_${projectName(options.key)}_`,
  };
}

type Kind = readonly [description: string, fits: (value: unknown) => boolean];

const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isListOfTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "string");
const KINDS: readonly (readonly [names: string, kind: Kind])[] = [
  [
    "key endpoint dashboardUrl project release environment nonce maskSelector blockSelector ignoreSelector",
    ["a text", (value) => typeof value === "string"],
  ],
  [
    "autoStart requireConsent respectDoNotTrack maskAllInputs maskAllText keepChoices recordCanvas " +
      "recordCrossOriginFrames tracePropagation webVitals longTasks worker",
    ["true or false", isBoolean],
  ],
  [
    "sampleRate maxQueueBytes maxQueueAgeMs idleTimeoutMs maxSessionMs",
    ["a number from 0", (value) => typeof value === "number" && value >= 0],
  ],
  ["keepQuery parentOrigins frameOrigins traceOrigins", ["a list of texts", isListOfTexts]],
  ["scrubUrl", ["a function", (value) => typeof value === "function"]],
  ["console", ["false or a list of levels", (value) => value === false || isListOfTexts(value)]],
  ["network", ["true, false or an object", (value) => isBoolean(value) || isNetwork(value)]],
];
// Who meant to protect and misspelled it is protected.
const PROTECTING = /^(?:requireConsent|respectDoNotTrack|maskAllText)$/;

function withRightTypes(given: Options): Options {
  const kinds = new Map(KINDS.flatMap(([names, kind]) => names.split(" ").map((name) => [name, kind] as const)));
  const right: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const [description, fits] = kinds.get(name) ?? [];
    if (!fits || fits(value)) right[name] = value;
    else if (name === "console" && value === true) continue;
    else {
      if (PROTECTING.test(name)) right[name] = true;
      globalThis.console?.warn(`TraceFlow: option ${name} is not ${description}; ${said(right[name])} is used.`);
    }
  }
  return right as unknown as Options;
}

function said(used: unknown): string {
  return used === undefined ? "its default" : String(used);
}

function isNetwork(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { headers = [], bodies = [] } = value as NetworkOptions;
  return isListOfTexts(headers) && isListOfTexts(bodies);
}

/** The site's own rule; the SDK's where it has none or its own fails. */
function scrubberOf(own: Options["scrubUrl"], keepQuery: readonly string[]): (url: string) => string {
  const ours = addressScrubber(keepQuery);
  if (!own) return ours;
  return (url) => {
    try {
      const scrubbed: unknown = own(url);
      if (typeof scrubbed === "string") return scrubbed;
    } catch {}
    return ours(url);
  };
}

/** A key is `tf_ingest_{id}_{secret}`: the id is short and no secret. */
function projectName(key: string): string {
  return key.split("_")[2] ?? key.slice(0, 12);
}
