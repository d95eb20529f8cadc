// Brings segments to the door: each exactly as it was cut, until the door has answered.

import { later, listen, now, stringify } from "../natives.js";
import { bodyOf, customEvent, type Omission, type Segment } from "../segment/segment.js";
import { type Answer, judge } from "./answer.js";
import { backoffMs } from "./backoff.js";
import type { Carrier } from "./carrier.js";
import { type QueueLimits, type SegmentQueue, surplus, type Waiting } from "./queue.js";

/** For so long, only the page that cut a segment sends it. */
const LEASE_MS = 15_000;
/** How often segments that other pages left behind are looked for. */
const SWEEP_EVERY_MS = 20_000;
/** How often what this page has not brought out yet is looked at. */
const RETRY_EVERY_MS = 1000;
/** Browsers let 64 KiB of all keepalive bodies under way at once; other scripts need some. */
export const LAST_BYTES = 60_000;

export interface SenderOptions {
  readonly endpoint: string;
  readonly key: string;
  readonly sdkVersion: string;
  readonly carrier: Carrier;
  readonly queue: SegmentQueue;
  readonly limits: QueueLimits;
  /** Named per project: one page of the origin empties the queue at a time. */
  readonly lockName: string;
  readonly random: () => number;
  /** Null: of whatever window is recorded here, after segments were given up. */
  readonly onSnapshotWanted: (segment: Segment | null) => void;
  readonly onForbidden: () => void;
  readonly onLost: (segments: number, reason: "queue_full" | "refused") => void;
}

export interface Sender {
  /** Send it now, or keep it until that is possible. */
  submit(segment: Segment): void;
  /** Keep it for `sendLast`. */
  hold(segment: Segment): void;
  /** Send, also what earlier pages left; after `stop` or after the page was away. */
  start(): void;
  stop(): void;
  /** The page may go away: what has no answer yet is sent in a way that outlives it. */
  sendLast(isLeaving: boolean): void;
  /** What would be lost with the page: neither answered nor on disk. */
  unsaved(): Segment[];
  /** Resolves when everything known has been tried. */
  settled(): Promise<void>;
  /** Delete everything that waits. */
  clear(): void;
}

interface Own {
  /** Undefined once it is on disk and not to be sent at once. */
  segment: Segment | undefined;
  isSaved: boolean;
}

export function openSender(options: SenderOptions): Sender {
  const { carrier, queue } = options;
  const own = new Map<string, Own>();
  const fresh: string[] = [];
  const lastWay = new Map<string, number>();
  let failures = 0;
  let backoffUntilMs = 0;
  let limitedUntilMs = 0;
  let underway: string | null = null;
  let working: Promise<void> | null = null;
  let wakeAtMs = 0;
  let isRunning = false;
  let hasLost = false;
  let refused = 0;
  let unlisten = (): void => {};

  const urlOf = (segment: Segment): string => `${options.endpoint}/ingest/v1/sessions/${segment.session_id}/segments`;
  const blockedUntilMs = (): number => Math.max(backoffUntilMs, limitedUntilMs);
  const canSend = (): boolean => isRunning && navigator.onLine !== false && now() >= blockedUntilMs();

  const keep = (segment: Segment): void => {
    const entry: Own = { segment, isSaved: false };
    own.set(segment.key, entry);
    const saved = queue.put(segment, now() + LEASE_MS);
    saved.then((isDurable) => {
      entry.isSaved = isDurable;
      if (isDurable && !fresh.includes(segment.key)) entry.segment = undefined;
    });
  };

  const settle = async (segment: Segment, answer: Answer): Promise<void> => {
    const nowMs = now();
    const verdict = judge(answer, nowMs);
    if (verdict.kind === "later") {
      // The page goes: it broke this off itself, and its last way is open still.
      if (!isRunning) return;
      failures += 1;
      backoffUntilMs = nowMs + backoffMs(failures, options.random);
      limitedUntilMs = Math.max(limitedUntilMs, nowMs + verdict.waitMs);
      return queue.postpone(segment.key, blockedUntilMs());
    }
    failures = 0;
    own.delete(segment.key);
    if (verdict.kind === "forbidden") {
      stop();
      return options.onForbidden();
    }
    if (verdict.kind === "refused") {
      // Its number stays a gap in the window. Told once something is taken again: else telling would be refused, too.
      hasLost = true;
      refused += 1;
    }
    if (verdict.kind === "accepted" && (verdict.wantsSnapshot || hasLost)) {
      if (refused > 0) options.onLost(refused, "refused");
      refused = 0;
      options.onSnapshotWanted(hasLost ? null : segment);
      hasLost = false;
    }
    await queue.remove([segment.key]);
  };

  const send = async (segment: Segment): Promise<void> => {
    underway = segment.key;
    const answer = await carrier.send(urlOf(segment), options.key, bodyOf(segment, now(), options.sdkVersion));
    underway = null;
    // Over the limit even when compressed: its number goes out with the declaration of what is missing.
    if (answer.status === -1) return send(withoutEvents(segment));
    await settle(segment, answer);
  };

  const sendFresh = async (): Promise<void> => {
    while (canSend()) {
      const key = fresh[0];
      if (key === undefined) return;
      const segment = own.get(key)?.segment;
      if (segment && !lastWay.has(key)) await send(segment);
      fresh.shift();
    }
    // They wait in the queue now; what is on disk need not fill the memory too.
    for (const key of fresh.splice(0)) {
      const entry = own.get(key);
      if (entry?.isSaved) entry.segment = undefined;
    }
  };

  /** Keep to the limits, whether the door can be reached or not; gives what may stay. */
  const trim = async (): Promise<Waiting[]> => {
    const waiting = await queue.waiting();
    const given = surplus(waiting, options.limits, now());
    if (given.length === 0) return waiting;
    await queue.remove(given);
    for (const key of given) own.delete(key);
    hasLost = true;
    options.onLost(given.length, "queue_full");
    return waiting.filter(({ key }) => !given.includes(key));
  };

  const drain = async (): Promise<void> => {
    for (const { key, not_before_ms } of await trim()) {
      await sendFresh();
      if (!canSend()) return;
      const isDue = own.has(key) || not_before_ms <= now();
      if (!isDue || lastWay.has(key)) continue;
      const segment = await queue.read(key);
      if (segment) await send(segment);
      else own.delete(key); // another page brought it out
    }
  };

  const alone = async (act: () => Promise<void>): Promise<void> => {
    if (!navigator.locks) return act();
    await navigator.locks.request(options.lockName, { ifAvailable: true }, (lock) => (lock ? act() : undefined));
  };

  const wakeIn = (delayMs: number): void => {
    const atMs = now() + Math.max(delayMs, 0);
    if (wakeAtMs > now() && wakeAtMs <= atMs) return;
    wakeAtMs = atMs;
    later(() => {
      if (wakeAtMs !== atMs) return;
      wakeAtMs = 0;
      if (isRunning) work();
    }, delayMs);
  };

  function work(): Promise<void> {
    working ??= (async () => {
      try {
        await sendFresh();
        if (canSend()) await alone(drain);
        else await trim();
      } catch {
        // Without a queue that works, what is fresh is still sent.
      }
      working = null;
      if (!isRunning) return;
      if (fresh.length > 0 && canSend()) wakeIn(0);
      else wakeIn(Math.max(blockedUntilMs() - now(), own.size > 0 ? RETRY_EVERY_MS : SWEEP_EVERY_MS));
    })();
    return working;
  }

  function stop(): void {
    isRunning = false;
    unlisten();
  }

  return {
    submit: (segment) => {
      fresh.push(segment.key);
      keep(segment);
      if (canSend()) work();
    },
    hold: (segment) => {
      fresh.push(segment.key);
      keep(segment);
    },
    start: () => {
      if (isRunning) return;
      isRunning = true;
      failures = backoffUntilMs = 0;
      unlisten = listen(window, "online", () => {
        failures = backoffUntilMs = 0;
        work();
      });
      work();
    },
    stop,
    sendLast: (isLeaving) => {
      let room = LAST_BYTES;
      for (const bytes of lastWay.values()) room -= bytes;
      for (const { segment } of own.values()) {
        if (!segment || lastWay.has(segment.key) || (segment.key === underway && !isLeaving)) continue;
        const text = bodyOf(segment, now(), options.sdkVersion);
        const bytes = new Blob([text]).size;
        if (bytes > room || now() < blockedUntilMs()) continue;
        const isTaken = carrier.sendLast(urlOf(segment), options.key, text, (answer) => {
          lastWay.delete(segment.key);
          settle(segment, answer).catch(() => {});
        });
        if (!isTaken) continue;
        room -= bytes;
        lastWay.set(segment.key, bytes);
        later(() => lastWay.delete(segment.key), LEASE_MS);
      }
      if (isLeaving) {
        stop();
        carrier.abort();
      } else if (fresh.length > 0 && isRunning) work();
    },
    unsaved: () => [...own.values()].flatMap(({ segment, isSaved }) => (segment && !isSaved ? [segment] : [])),
    settled: async () => {
      await working;
      if (isRunning) await work();
    },
    clear: () => {
      own.clear();
      fresh.length = 0;
      queue.clear();
    },
  };
}

function withoutEvents(segment: Segment): Segment {
  const omission: Omission = { reason: "segment_too_large", events: 0, bytes: segment.events.length };
  return { ...segment, events: stringify([customEvent("omitted", omission, segment.created_at_ms)]) };
}
