/** What a site may set; everything but `key` has a default. */
export interface Options {
  /** Ingest key of the project (`tf_ingest_…`). It can only write, so it may stand in a page. */
  readonly key: string;
  /** Address of the TraceFlow installation; a script tag takes it from its own `src`. */
  readonly endpoint?: string;
  /** Address of the dashboard that `getSessionUrl` points to; default: `endpoint`. */
  readonly dashboardUrl?: string;
  /** Name of the project in the dashboard's addresses; default `default`. */
  readonly project?: string;
  /** Version of the site, shown beside its sessions. */
  readonly release?: string;
  /** For instance `production` or `staging`. */
  readonly environment?: string;

  /** Record as soon as `init` is called; default true. */
  readonly autoStart?: boolean;
  /** Share of sessions that are recorded, 0 to 1; decided once per session; default 1. */
  readonly sampleRate?: number;
  /** Store and send nothing before `optIn()`; default false. */
  readonly requireConsent?: boolean;
  /** Record nobody who sends Do Not Track or Global Privacy Control; default false. */
  readonly respectDoNotTrack?: boolean;

  /** Replace what stands in inputs, selects and editable text by stars, in the browser; default true. Passwords always are. */
  readonly maskAllInputs?: boolean;
  /** Replace every text of the page by stars, in the browser; default false. */
  readonly maskAllText?: boolean;
  /** Elements masked as if they carried `data-tf-mask`. */
  readonly maskSelector?: string;
  /** Elements left out as if they carried `data-tf-block`. */
  readonly blockSelector?: string;
  /** Inputs whose changes are left out as if they carried `data-tf-ignore`. */
  readonly ignoreSelector?: string;
  /** Keep which checkboxes and radio buttons are on, although `maskAllInputs` is; default false. */
  readonly keepChoices?: boolean;
  /** Parameters whose values stay in addresses of pages and links, such as `["page"]`; default none. */
  readonly keepQuery?: readonly string[];
  /** Rewrites each address before it is kept, in place of the SDK's own rule (stars for values and fragments). */
  readonly scrubUrl?: (url: string) => string;

  /** Record what is drawn on canvases; default false. */
  readonly recordCanvas?: boolean;
  /** Record frames of `frameOrigins` that run this SDK with the same key; default true. */
  readonly recordCrossOriginFrames?: boolean;
  /** In a frame: the origins of pages that may record it, such as `https://app.example`; default none. */
  readonly parentOrigins?: readonly string[];
  /** In a page: the origins of frames that may add to its recording, such as `https://pay.example`; default none. */
  readonly frameOrigins?: readonly string[];

  /** Console levels to record, or false; default `["debug", "info", "log", "warn", "error"]`. */
  readonly console?: readonly ConsoleLevel[] | false;
  /** Requests of the page: true, false, or what of them to keep beside the metadata; default true. */
  readonly network?: NetworkOptions | boolean;
  /** Origins beside the page's own to which a `traceparent` header is added; default none. */
  readonly traceOrigins?: readonly string[];
  /** Add `traceparent` to the page's requests to its own origin; default true. */
  readonly tracePropagation?: boolean;
  /** Core Web Vitals; default true. */
  readonly webVitals?: boolean;
  /** Tasks that block the page for 50 ms or more; default true. */
  readonly longTasks?: boolean;

  /** Compress and send in a worker made from a `blob:` address; default true. */
  readonly worker?: boolean;
  /** Nonce for scripts that the SDK adds, where the page's policy asks for one; default: the script tag's own. */
  readonly nonce?: string;
  /** Bytes that may wait in the browser while TraceFlow cannot be reached; default 10 MiB. */
  readonly maxQueueBytes?: number;
  /** How long they may wait; default 24 h. */
  readonly maxQueueAgeMs?: number;
  /** A session ends after this much time without activity; default 30 min. */
  readonly idleTimeoutMs?: number;
  /** A session ends after this much time in any case; default 24 h. */
  readonly maxSessionMs?: number;
}

/** Levels of the console that can be recorded. */
export type ConsoleLevel = "debug" | "info" | "log" | "warn" | "error";

/** What of a request is kept beside its metadata. */
export interface NetworkOptions {
  /** Names of request and response headers to keep; default none. */
  readonly headers?: readonly string[];
  /** Parts of addresses whose request and response bodies are kept, at most 10 kB each; default none. */
  readonly bodies?: readonly string[];
}

/** Names a visitor gives or a site computes; values are kept as they are and tokenized on the server. */
export type Properties = Readonly<Record<string, unknown>>;

/** The recorder of a page. No method ever throws. */
export interface TraceFlow {
  /** Version of the SDK. */
  readonly version: string;
  /** Start recording, where consent, sampling and Do Not Track allow it. */
  start(): void;
  /** Stop recording this window and send what is left. */
  stop(): void;
  /** Tell who the visitor is; stays until `reset`. */
  identify(visitorId: string, traits?: Properties): void;
  /** Tell that something happened. */
  track(name: string, properties?: Properties): void;
  /** Report an error that the site caught itself. */
  captureError(error: unknown): void;
  /** Forget the visitor (after a sign-out): a new visitor in a new session. */
  reset(): void;
  /** The visitor agrees to be recorded; remembered. */
  optIn(): void;
  /** The visitor does not agree: recording stops and what is stored in the browser is deleted. */
  optOut(): void;
  /** The session being recorded, or null. */
  getSessionId(): string | null;
  /** Address of the session in the dashboard at this moment, or null. */
  getSessionUrl(): string | null;
  /** Send what is there now; resolves when it has been tried. */
  flush(): Promise<void>;
}
