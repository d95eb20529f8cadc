// The recorder of a page: its life from consent to the last segment.

import { startCapture } from "./capture/capture.js";
import { describeError } from "./capture/error.js";
import { pageFacts } from "./capture/page_facts.js";
import { bounded } from "./capture/text.js";
import { watchLeaving } from "./leaving.js";
import { guard, later, listen, now } from "./natives.js";
import type { Parts } from "./parts/parts.js";
import type { Properties, TraceFlow } from "./public_types.js";
import { useCanvasRecorder } from "./record/canvas.js";
import { offerFrame, takeInFrames } from "./record/frames.js";
import { maskRules } from "./record/masking.js";
import { type Recorder, startRecorder } from "./record/recorder.js";
import { customEvent, type Segment } from "./segment/segment.js";
import { openWriter } from "./segment/writer.js";
import { trackConsent } from "./session/consent.js";
import { isActivity } from "./session/session.js";
import { trackSession } from "./session/session_tracker.js";
import { openStore } from "./session/storage.js";
import { trackVisitor } from "./session/visitor.js";
import { trackWindow } from "./session/window.js";
import type { Settings } from "./settings.js";
import { openCarrier } from "./transport/carrier.js";
import { idbQueue } from "./transport/idb_queue.js";
import { openSender } from "./transport/sender.js";
import { VERSION } from "./version.js";

/** Longer without a sign of the visitor, and the picture is taken anew: players need not read back that far. */
const SNAPSHOT_AFTER_IDLE_MS = 5 * 60_000;
/** The server's wish for a snapshot is granted no more often. */
const SNAPSHOT_EVERY_MS = 5000;
/** How often the session shared with the other windows is looked at. */
const CHECK_EVERY_MS = 1000;
/** A page comes back from the cache before the one in between has gone, whose last numbers come first. */
const RETURN_AFTER_MS = 300;
const CARRY = "carry";
const MOST_CARRIED_BYTES = 1_000_000;

/** off → recording ⇄ asleep (ended by idleness) or unsampled, or part of another page's recording; all → off. */
type Phase = "off" | "recording" | "asleep" | "unsampled" | "framed";

export function openClient(settings: Settings, parts: Parts): TraceFlow {
  const local = openStore("localStorage", settings.prefix);
  const perTab = openStore("sessionStorage", settings.prefix);
  const consent = trackConsent(local, settings);
  const session = trackSession(local, settings, settings.sampleRate);
  const visitor = trackVisitor(local);
  const tab = trackWindow(perTab);
  const rules = maskRules(settings);

  let phase: Phase = "off";
  let isWanted = settings.autoStart;
  let sessionId = "";
  let windowId = "";
  let checkedAtMs = 0;
  let activeAtMs = 0;
  let snapshotAtMs = 0;
  let hasLeft = false;
  let recorder: Recorder | null = null;
  let capture: { flush(): void; stop(): void } | null = null;
  let frames: ReturnType<typeof takeInFrames> | null = null;
  let unnamed: [string, Properties] | null = null;
  const stops: (() => void)[] = [];

  const sender = openSender({
    endpoint: settings.endpoint,
    key: settings.key,
    sdkVersion: VERSION,
    carrier: openCarrier({ useWorker: settings.worker, loadGzip: parts.gzip }),
    queue: idbQueue(`${settings.prefix}queue`, guard(() => globalThis.indexedDB)()),
    limits: { maxBytes: settings.maxQueueBytes, maxAgeMs: settings.maxQueueAgeMs },
    lockName: `${settings.prefix}queue`,
    random: Math.random,
    onSnapshotWanted: (segment) => {
      if (phase !== "recording" || (segment && segment.window_id !== windowId)) return;
      if (now() - snapshotAtMs >= SNAPSHOT_EVERY_MS) snapshot();
    },
    onForbidden: () => {
      isWanted = false;
      shutDown();
    },
    onLost: (segments, reason) => tell("omitted", { reason, segments }),
  });

  const writer = openWriter({
    window: tab,
    visitor: () => visitor.current(now()),
    onSegment: (segment, isLast) => (isLast ? sender.hold(segment) : sender.submit(segment)),
    beforeFirstCut: () => {
      // Two windows opened at once each began a session: the one that was written last is everybody's.
      const shared = session.alive(now());
      if (shared && shared.session_id !== sessionId && shared.is_sampled) openWindow(shared.session_id);
    },
  });

  function snapshot(): void {
    snapshotAtMs = now();
    recorder?.snapshot();
    frames?.askForSnapshots();
  }

  /** True where the window is new to the session. */
  function openWindow(id: string): boolean {
    const opened = tab.open(id, now());
    sessionId = id;
    windowId = opened.window_id;
    writer.open({ session_id: sessionId, window_id: windowId });
    return opened.isNew;
  }

  function tellFacts(): void {
    writer.add(customEvent("page_facts", pageFacts(settings, settings.scrubUrl), now()) as { type: number });
  }

  const take = (event: { readonly type: number; readonly data?: unknown }): void => {
    const nowMs = now();
    const isAlive = isActivity(event);
    if (phase === "asleep" && isAlive) {
      phase = "recording";
      checkedAtMs = Number.NEGATIVE_INFINITY;
    }
    if (phase !== "recording") return;
    if (nowMs - checkedAtMs >= CHECK_EVERY_MS && !goOn(nowMs, isAlive)) return;
    if (isAlive) {
      const wasIdleMs = nowMs - activeAtMs;
      activeAtMs = nowMs;
      session.touch(nowMs);
      if (wasIdleMs >= SNAPSHOT_AFTER_IDLE_MS && nowMs - snapshotAtMs >= SNAPSHOT_AFTER_IDLE_MS) snapshot();
    }
    if (event.type === 2) snapshotAtMs = nowMs;
    writer.add(event);
  };

  /** Whether the session goes on, perhaps as another; false once it has ended with nobody there. */
  function goOn(nowMs: number, isAlive: boolean): boolean {
    checkedAtMs = nowMs;
    const shared = session.alive(nowMs);
    if (shared?.session_id === sessionId) return true;
    writer.cut({ isFinal: true, isLast: false });
    if (!shared && !isAlive) {
      phase = "asleep";
      return false;
    }
    const next = session.current(nowMs);
    activeAtMs = nowMs;
    if (!next.is_sampled) {
      stopRecording();
      phase = "unsampled";
      return false;
    }
    phase = "recording";
    if (openWindow(next.session_id)) tellFacts();
    snapshot();
    return true;
  }

  const tell = guard((tag: string, payload: unknown) => take(customEvent(tag, payload, now()) as { type: number }));

  function startRecording(): void {
    phase = "recording";
    if (openWindow(sessionId)) tellFacts();
    const plug = (plugin: string, payload: unknown): void =>
      take({ type: 6, data: { plugin, payload }, timestamp: now() } as { type: number });
    capture = startCapture(settings, rules, {
      tell,
      plug: guard(plug),
      nodeId: (node) => recorder?.nodeId(node) ?? -1,
    });
    const isTop = window.parent === window;
    recorder = startRecorder({
      rules,
      recordCanvas: settings.recordCanvas,
      recordCrossOriginFrames: isTop && settings.recordCrossOriginFrames,
      scrubUrl: settings.scrubUrl,
      emit: take,
    });
    if (isTop && settings.recordCrossOriginFrames) frames = takeInFrames(settings.key, settings.frameOrigins);
  }

  function stopRecording(): void {
    recorder?.stop();
    capture?.stop();
    frames?.stop();
    recorder = capture = frames = null;
  }

  function begin(): void {
    const nowMs = now();
    const known = session.current(nowMs);
    sessionId = known.session_id;
    session.touch(nowMs);
    checkedAtMs = activeAtMs = nowMs;
    if (known.is_sampled) startRecording();
    else phase = "unsampled";
  }

  function start(): void {
    isWanted = true;
    if (phase !== "off" || !consent.isGiven()) return;
    if ((document as Document & { prerendering?: boolean }).prerendering) {
      stops.push(listen(document, "prerenderingchange", start, { once: true }));
      return;
    }
    if (settings.recordCanvas) withCanvas();
    else enter();
  }

  /** Without the part that records canvases, the rest of the page is recorded all the same. */
  function withCanvas(): void {
    parts
      .canvas()
      .then(useCanvasRecorder)
      .catch(() => {})
      .then(() => {
        if (isWanted && phase === "off" && consent.isGiven()) enter();
      });
  }

  function enter(): void {
    if (window.parent !== window && settings.parentOrigins.length > 0) beFrame();
    else bePage();
  }

  function bePage(): void {
    begin();
    if (unnamed) identify(...unnamed);
    takeCarried();
    sender.start();
    stops.push(watchLeaving({ onHide, onLeave, onReturn }));
    for (const name of ["pointerdown", "keydown"]) stops.push(listen(window, name, onUnsampledActivity));
  }

  /** What the page before had no time to save. */
  function takeCarried(): void {
    for (const segment of perTab.read<Segment[]>(CARRY) ?? []) sender.submit(segment);
    perTab.remove(CARRY);
  }

  /** Part of another page's recording: nothing of its own is stored or sent. */
  function beFrame(): void {
    let joined: Recorder | null = null;
    phase = "framed";
    const unoffer = offerFrame(settings.key, settings.parentOrigins, {
      join: () => {
        joined = startRecorder({ ...settings, rules, recordCrossOriginFrames: true, emit: () => {} });
      },
      snapshot: () => joined?.snapshot(),
    });
    stops.push(unoffer, () => joined?.stop());
  }

  function onUnsampledActivity(): void {
    if (phase !== "unsampled") return;
    const nowMs = now();
    if (session.alive(nowMs)) session.touch(nowMs);
    else begin();
  }

  function onHide(): void {
    // While a page goes it is hidden last, and whoever waited for that has just added events.
    if (hasLeft) onLeave(false);
    if (hasLeft || phase !== "recording") return;
    capture?.flush();
    writer.cut({ isFinal: false, isLast: true });
    sender.sendLast(false);
  }

  function onLeave(isEnd: boolean): void {
    hasLeft = true;
    if (phase === "recording") {
      capture?.flush();
      writer.cut({ isFinal: isEnd, isLast: true });
      tab.close();
    }
    sender.sendLast(true);
    const unsaved = sender.unsaved();
    const bytes = unsaved.reduce((sum, { events }) => sum + events.length, 0);
    if (unsaved.length > 0 && bytes <= MOST_CARRIED_BYTES) perTab.write(CARRY, unsaved);
  }

  function onReturn(): void {
    hasLeft = false;
    // While this page was away, another may have heard that the visitor does not agree.
    if (!consent.isGiven()) forgetAll();
    else {
      sender.start();
      later(goOnHere, RETURN_AFTER_MS);
    }
  }

  function goOnHere(): void {
    if (hasLeft || !consent.isGiven()) return;
    takeCarried();
    if (phase !== "recording") return;
    // First its numbers: other pages of the tab have gone on with them.
    if (openWindow(sessionId)) tellFacts();
    if (!goOn(now(), true)) return;
    tell("navigation", { href: settings.scrubUrl(location.href), from: "", kind: "pop" });
    snapshot();
  }

  /** The visitor does not agree: nothing goes out any more, and nothing stays here. */
  function forgetAll(): void {
    shutDown();
    sender.clear();
    visitor.forget();
    session.end();
    tab.forget();
    perTab.remove(CARRY);
  }

  function shutDown(): void {
    stopRecording();
    for (const stop of stops.splice(0)) stop();
    writer.drop();
    sender.stop();
    phase = "off";
  }

  function stop(): void {
    isWanted = false;
    if (phase === "recording") {
      capture?.flush();
      writer.cut({ isFinal: true, isLast: false });
      tab.forget();
    }
    const isDone = sender.settled();
    stopRecording();
    for (const unlisten of stops.splice(0)) unlisten();
    phase = "off";
    isDone.then(() => phase === "off" && sender.stop());
  }

  function identify(visitorId: string, traits: Properties = {}): void {
    unnamed = [String(visitorId), bounded(traits) as Properties];
    if (phase === "off" || phase === "framed") return;
    visitor.identify(...unnamed, now());
    tell("identify", { identified_id: unnamed[0], traits: unnamed[1] });
    unnamed = null;
  }

  function reset(): void {
    unnamed = null;
    if (phase === "recording") writer.cut({ isFinal: true, isLast: false });
    visitor.forget();
    session.end();
    tab.forget();
    if (phase === "recording" || phase === "asleep") goOn(now(), true);
    else if (phase === "unsampled") begin();
  }

  const client: TraceFlow = {
    version: VERSION,
    start: guard(start),
    stop: guard(stop),
    identify: guard(identify),
    track: guard((name: string, properties: Properties = {}) =>
      tell("track", { name: String(name), properties: bounded(properties) }),
    ),
    // The snippet hands over what nobody had caught before the bundle was there.
    captureError: guard((error: unknown, isHandled = true) => tell("error", describeError(error, isHandled))),
    reset: guard(reset),
    optIn: guard(() => {
      consent.give();
      if (isWanted) start();
    }),
    optOut: guard(() => {
      consent.refuse();
      forgetAll();
    }),
    getSessionId: () => (phase === "recording" ? sessionId : null),
    getSessionUrl: () => {
      const known = phase === "recording" ? session.alive(now()) : null;
      if (!known) return null;
      const atMs = Math.max(0, now() - known.started_at_ms);
      return `${settings.dashboardUrl}/p/${settings.project}/sessions/${known.session_id}?t=${atMs}`;
    },
    flush: async () => {
      if (phase === "recording") writer.cut({ isFinal: false, isLast: false });
      await sender.settled().catch(() => {});
    },
  };
  listen(window, "storage", () => {
    if (consent.isGiven()) {
      if (isWanted) start();
    } else if (phase !== "off") forgetAll(); // taken back in another window
  });
  if (isWanted) client.start();
  return client;
}
