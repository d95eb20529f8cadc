// The page's fetch and XMLHttpRequest calls: what they asked, what came of it, never more than was allowed.

import { randomHex } from "../ids.js";
import { cancel, guard, later, now } from "../natives.js";
import type { NetworkOptions } from "../public_types.js";
import { gate } from "../record/budget.js";
import { cut } from "./text.js";
import { urlTemplate } from "./url_template.js";

export const NETWORK_PLUGIN = "rrweb/network@1";

/** One request in the payload `{requests: […]}`; names as in rrweb's network plugin and Resource Timing. */
export interface CapturedRequest {
  readonly name: string;
  readonly initiatorType: "fetch" | "xmlhttprequest";
  readonly method: string;
  status: number;
  /** Milliseconds since 1970; `startTime` is of the page. */
  readonly started_at_ms: number;
  readonly startTime: number;
  duration: number;
  transferSize?: number;
  decodedBodySize?: number;
  error?: string;
  traceId?: string;
  requestHeaders?: Record<string, string>;
  responseHeaders?: Record<string, string>;
  requestBody?: string;
  responseBody?: string;
}

export interface NetworkCapture {
  readonly emit: (request: CapturedRequest) => void;
  readonly scrubUrl: (url: string) => string;
  /** Addresses that are the SDK's own. */
  readonly ownPrefix: string;
  readonly keep: NetworkOptions;
  readonly isRecorded: boolean;
  readonly isTraced: (url: URL) => boolean;
}

const LONGEST_BODY = 10_000;
// Sizes are known to Resource Timing a moment after the answer.
const SIZES_AFTER_MS = 200;
const TRACEPARENT = "traceparent";

interface Call {
  readonly request: CapturedRequest;
  readonly url: string;
  readonly keepsBody: boolean;
}

/** `flush` hands over at once what still waits for its sizes. */
export function captureNetwork(capture: NetworkCapture): { flush(): void; stop(): void } {
  const allowed = (capture.keep.headers ?? []).map((name) => name.toLowerCase());
  const mayPass = gate(100, 20);
  const waiting = new Map<CapturedRequest, { timer: number; release: () => void }>();

  const begin = (kind: CapturedRequest["initiatorType"], method: string, address: string): Call | null => {
    const url = new URL(address, document.baseURI).href;
    if (url.startsWith(capture.ownPrefix)) return null;
    const name = urlTemplate(capture.scrubUrl(url));
    const startTime = performance.now();
    return {
      request: {
        name,
        initiatorType: kind,
        method: method.toUpperCase(),
        status: 0,
        started_at_ms: now(),
        startTime,
        duration: 0,
      },
      url,
      keepsBody: (capture.keep.bodies ?? []).some((part) => url.includes(part)),
    };
  };

  const end = ({ request, url }: Call): void => {
    request.duration = Math.round(performance.now() - request.startTime);
    if (!capture.isRecorded || !mayPass(now())) return;
    const release = guard(() => {
      waiting.delete(request);
      addSizes(request, url);
      capture.emit(request);
    });
    waiting.set(request, { timer: later(release, SIZES_AFTER_MS), release });
  };

  const picked = (read: (name: string) => string | null): Record<string, string> | undefined => {
    const found: Record<string, string> = {};
    for (const name of allowed) {
      const value = read(name);
      if (value !== null) found[name] = cut(value);
    }
    return Object.keys(found).length > 0 ? found : undefined;
  };

  /** A new traceparent, where the address is first-party. */
  const traceFor = ({ request, url }: Call): string | null => {
    if (!capture.isTraced(new URL(url))) return null;
    request.traceId = randomHex(16);
    return `00-${request.traceId}-${randomHex(8)}-01`;
  };

  const stops = [patchFetch(), patchXhr()];

  function patchFetch(): () => void {
    const original = window.fetch;
    if (typeof original !== "function") return () => {};

    const prepare = guard((input: RequestInfo | URL, init?: RequestInit) => {
      const asked = input instanceof Request ? input : null;
      const call = begin("fetch", init?.method ?? asked?.method ?? "GET", asked?.url ?? String(input));
      if (!call) return null;
      const headers = new Headers(init?.headers ?? asked?.headers);
      const mayTrace = !headers.has(TRACEPARENT) && isPlain(init) && asked?.mode !== "no-cors";
      const traceparent = mayTrace ? traceFor(call) : null;
      if (traceparent) headers.set(TRACEPARENT, traceparent);
      const sent = picked((name) => headers.get(name));
      if (sent) call.request.requestHeaders = sent;
      if (call.keepsBody && typeof init?.body === "string") call.request.requestBody = cut(init.body, LONGEST_BODY);
      if (!traceparent) return { call, args: [input, init] as Parameters<typeof fetch> };
      if (!asked) return { call, args: [input, { ...init, headers }] as Parameters<typeof fetch> };
      // A copy: beside an `init`, a Request would forget its referrer and its policy.
      const traced = new Request(asked, init);
      traced.headers.set(TRACEPARENT, traceparent);
      return { call, args: [traced] as Parameters<typeof fetch> };
    });

    const answered = guard((call: Call, answer: Response) => {
      call.request.status = answer.status;
      const got = picked((name) => answer.headers.get(name));
      if (got) call.request.responseHeaders = got;
      if (!call.keepsBody) return end(call);
      const withBody = (text: string): void => {
        call.request.responseBody = cut(text, LONGEST_BODY);
        end(call);
      };
      answer
        .clone()
        .text()
        .then(
          guard(withBody),
          guard(() => end(call)),
        );
    });

    const failed = guard((call: Call, error: unknown) => {
      call.request.error = (error as Error | null)?.name ?? "Error";
      end(call);
    });

    const ours = function (this: unknown, ...args: Parameters<typeof fetch>): Promise<Response> {
      const prepared = prepare(...args);
      if (!prepared) return original.apply(this as never, args);
      const { call } = prepared;
      const answer = original.apply(this as never, prepared.args);
      if (typeof answer?.then !== "function") return answer;
      // The page gets what comes of this, so that a failure that it does not handle stays unhandled.
      return answer.then(
        (response) => {
          answered(call, response);
          return response;
        },
        (error) => {
          failed(call, error);
          throw error;
        },
      );
    };
    window.fetch = ours;
    return () => {
      if (window.fetch === ours) window.fetch = original;
    };
  }

  function patchXhr(): () => void {
    const { prototype } = XMLHttpRequest;
    const { open, send, setRequestHeader } = prototype;
    const asked = new WeakMap<XMLHttpRequest, { method: string; url: string; headers: Record<string, string> }>();

    const note = guard((xhr: XMLHttpRequest, method: unknown, url: unknown) => {
      asked.set(xhr, { method: String(method), url: String(url), headers: {} });
    });
    const noteHeader = guard((xhr: XMLHttpRequest, name: unknown, value: unknown) => {
      const headers = asked.get(xhr)?.headers;
      if (headers) headers[String(name).toLowerCase()] = String(value);
    });
    const watch = guard((xhr: XMLHttpRequest, body: unknown) => {
      const known = asked.get(xhr);
      const call = known && begin("xmlhttprequest", known.method, known.url);
      if (!call) return;
      const traceparent = TRACEPARENT in known.headers ? null : traceFor(call);
      if (traceparent) setRequestHeader.call(xhr, TRACEPARENT, traceparent);
      const sent = picked((name) => known.headers[name] ?? null);
      if (sent) call.request.requestHeaders = sent;
      if (call.keepsBody && typeof body === "string") call.request.requestBody = cut(body, LONGEST_BODY);
      xhr.addEventListener(
        "loadend",
        guard(() => {
          call.request.status = xhr.status;
          if (xhr.status === 0) call.request.error = "NetworkError";
          const got = picked((name) => xhr.getResponseHeader(name));
          if (got) call.request.responseHeaders = got;
          const isText = xhr.responseType === "" || xhr.responseType === "text";
          if (call.keepsBody && isText) call.request.responseBody = cut(xhr.responseText, LONGEST_BODY);
          end(call);
        }),
        { once: true },
      );
    });

    const ours = {
      open: function (this: XMLHttpRequest, ...args: unknown[]): void {
        note(this, args[0], args[1]);
        (open as (...args: unknown[]) => void).apply(this, args);
      },
      setRequestHeader: function (this: XMLHttpRequest, name: string, value: string): void {
        noteHeader(this, name, value);
        setRequestHeader.call(this, name, value);
      },
      send: function (this: XMLHttpRequest, body?: Document | XMLHttpRequestBodyInit | null): void {
        watch(this, body);
        send.call(this, body);
      },
    };
    Object.assign(prototype, ours);
    return () => {
      if (prototype.open === ours.open) Object.assign(prototype, { open, send, setRequestHeader });
    };
  }

  const flush = (): void => {
    for (const { timer, release } of waiting.values()) {
      cancel(timer);
      release();
    }
  };
  return {
    flush,
    stop: () => {
      flush();
      for (const stop of stops) stop();
    },
  };
}

/** Only such an object can be copied with another header. */
function isPlain(init: RequestInit | undefined): boolean {
  if (init === undefined) return true;
  const prototype: unknown = Object.getPrototypeOf(init);
  return (prototype === Object.prototype || prototype === null) && init.mode !== "no-cors";
}

function addSizes(request: CapturedRequest, url: string): void {
  const entries = performance.getEntriesByName?.(url, "resource") as PerformanceResourceTiming[] | undefined;
  const entry = entries?.find(({ startTime }) => startTime >= request.startTime - 1);
  if (!entry) return;
  request.duration = Math.round(entry.duration || request.duration);
  request.transferSize = entry.transferSize;
  request.decodedBodySize = entry.decodedBodySize;
}
