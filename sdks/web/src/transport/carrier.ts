// Carries one body to the door and its answer back: through the worker, else from this thread.

import { cancel, guard, isNative, later, nativeFetch } from "../natives.js";
import { type Answer, NO_ANSWER } from "./answer.js";
import { LARGEST_SENT_BYTES, pack } from "./gzip.js";
import { type Job, workerMain } from "./worker.js";

/** Never rejects: no answer is an answer of status 0; over the limit is status -1. */
export interface Carrier {
  send(url: string, key: string, text: string): Promise<Answer>;
  /** While the page goes away: no worker, no compression, outlives the page. False where the browser refuses. */
  sendLast(url: string, key: string, text: string, answered: (answer: Answer) => void): boolean;
  /** Give up what is under way. */
  abort(): void;
}

const TOO_LARGE: Answer = { ...NO_ANSWER, status: -1 };
// A slow phone's uplink is 10 kB/s or so.
const timeoutFor = (bytes: number): number => 30_000 + bytes / 10;
// A worker that has said nothing by then was refused silently.
const WORKER_START_MS = 4000;

export function openCarrier(options: {
  readonly useWorker: boolean;
  readonly loadGzip: () => Promise<(text: string) => Uint8Array>;
}): Carrier {
  // Undefined: not started yet; null: there is none to be had.
  let worker: RunningWorker | null | undefined = options.useWorker ? undefined : null;
  // One each: a request that takes too long must not end those after it.
  const underway = new Set<AbortController>();

  const fromHere = async (url: string, key: string, text: string): Promise<Answer> => {
    const { body, encoding } = await pack(text, options.loadGzip);
    if (body.length > LARGEST_SENT_BYTES) return TOO_LARGE;
    const headers: Record<string, string> = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    if (encoding) headers["Content-Encoding"] = encoding;
    const aborter = new AbortController();
    underway.add(aborter);
    const timeout = later(() => aborter.abort(), timeoutFor(text.length));
    return post({ url, headers, body, signal: aborter.signal }).finally(() => {
      cancel(timeout);
      underway.delete(aborter);
    });
  };

  return {
    send: async (url, key, text) => {
      if (worker === undefined) worker = startWorker();
      if (worker) {
        const answer = await worker.send({
          url,
          key,
          text,
          timeoutMs: timeoutFor(text.length),
          mostBytes: LARGEST_SENT_BYTES,
        });
        if (answer) return answer;
        worker = null;
      }
      return fromHere(url, key, text);
    },
    sendLast,
    abort: () => {
      for (const aborter of underway) aborter.abort();
      worker?.stop();
      if (worker) worker = undefined;
    },
  };
}

interface Outgoing {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: BodyInit;
  readonly signal?: AbortSignal;
  readonly keepalive?: boolean;
}

async function post(out: Outgoing): Promise<Answer> {
  const { url, ...rest } = out;
  if (nativeFetch) return fetched(nativeFetch, url, rest).catch(() => NO_ANSWER);
  // The page has its own fetch: the browser's XMLHttpRequest, where it is left, is the safer way.
  if (isNative(XMLHttpRequest.prototype.send)) return requested(out);
  return fetched(window.fetch, url, rest).catch(() => requested(out));
}

async function fetched(send: typeof fetch, url: string, out: Omit<Outgoing, "url">): Promise<Answer> {
  const answer = await send(url, { method: "POST", credentials: "omit", ...out });
  return {
    status: answer.status,
    contentType: answer.headers.get("Content-Type") ?? "",
    retryAfter: answer.headers.get("Retry-After"),
    rateLimits: answer.headers.get("X-TraceFlow-Rate-Limits"),
    body: await answer.text(),
  };
}

function requested({ url, headers, body, signal }: Outgoing): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const name of Object.keys(headers)) request.setRequestHeader(name, headers[name] as string);
    request.onerror = request.onabort = () => resolve(NO_ANSWER);
    request.onload = () => {
      resolve({
        status: request.status,
        contentType: request.getResponseHeader("Content-Type") ?? "",
        retryAfter: request.getResponseHeader("Retry-After"),
        rateLimits: request.getResponseHeader("X-TraceFlow-Rate-Limits"),
        body: request.responseText,
      });
    };
    if (signal) signal.onabort = () => request.abort();
    request.send(body as XMLHttpRequestBodyInit);
  });
}

function sendLast(url: string, key: string, text: string, answered: (answer: Answer) => void): boolean {
  // A plain-text body and the key in the address need no preflight, for which there may be no time.
  const address = `${url}?key=${key}`;
  const isKeepable = typeof Request === "function" && "keepalive" in Request.prototype;
  if (nativeFetch && isKeepable) {
    const headers = { "Content-Type": "text/plain" };
    fetched(nativeFetch, address, { headers, body: text, keepalive: true }).then(answered, () => answered(NO_ANSWER));
    return true;
  }
  return navigator.sendBeacon?.(address, text) ?? false;
}

interface RunningWorker {
  /** Null where the worker does not run. */
  send(job: Omit<Job, "id">): Promise<Answer | null>;
  /** What is under way gets no answer. */
  stop(): void;
}

function startWorker(): RunningWorker | null {
  try {
    const source = new Blob([`(${workerMain.toString()})()`], { type: "text/javascript" });
    const address = URL.createObjectURL(source);
    return overWorker(new Worker(address), address);
  } catch {
    return null; // no workers, or the page's policy has none from blob:
  }
}

function overWorker(worker: Worker, address: string): RunningWorker {
  const open = new Map<number, (answer: Answer | null) => void>();
  let lastId = 0;
  let isDead = false;
  const end = guard((answer: Answer | null) => {
    isDead = true;
    worker.terminate();
    for (const settle of open.values()) settle(answer);
    open.clear();
  });
  const die = (): void => end(null) as undefined;
  const timer = later(die, WORKER_START_MS);
  worker.onerror = (event) => {
    event.preventDefault();
    die();
  };
  worker.onmessage = guard((event: MessageEvent<Answer & { id: number }>) => {
    const { id } = event.data;
    if (id === 0) {
      cancel(timer);
      URL.revokeObjectURL(address);
      return;
    }
    open.get(id)?.(event.data);
    open.delete(id);
  });
  return {
    stop: () => {
      cancel(timer);
      end(NO_ANSWER);
    },
    send: (job) =>
      new Promise((resolve) => {
        if (isDead) return resolve(null);
        lastId += 1;
        open.set(lastId, resolve);
        worker.postMessage({ id: lastId, ...job });
      }),
  };
}
