// The options with their defaults.

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

/** Null where the SDK cannot work: no key, or no address. */
export function settingsOf(options: Options): Settings | null {
  const endpoint = (options.endpoint ?? "").replace(/\/+$/, "");
  if (!options.key || !/^https?:\/\//.test(endpoint)) return null;
  const { network = true, console = LEVELS } = options;
  return {
    dashboardUrl: endpoint,
    project: "default",
    autoStart: true,
    sampleRate: 1,
    requireConsent: false,
    respectDoNotTrack: false,
    maskAllInputs: true,
    maskAllText: false,
    scrubUrl: (url) => url,
    recordCanvas: false,
    recordCrossOriginFrames: true,
    parentOrigins: [],
    traceOrigins: [],
    tracePropagation: true,
    webVitals: true,
    longTasks: true,
    worker: true,
    maxQueueBytes: 10 * 1024 * 1024,
    maxQueueAgeMs: 24 * 60 * MINUTE_MS,
    idleTimeoutMs: 30 * MINUTE_MS,
    maxSessionMs: 24 * 60 * MINUTE_MS,
    ...withoutUndefined(options),
    endpoint,
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

function withoutUndefined(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as Options;
}

/** A key is `tf_ingest_{id}_{secret}`: the id is short and no secret. */
function projectName(key: string): string {
  return key.split("_")[2] ?? key.slice(0, 12);
}
