// rrweb, wired to our defaults.

import { record } from "@rrweb/record";

import { guard, later, now } from "../natives.js";
import { budget } from "./budget.js";
import type { MaskRules, RecordedEvent } from "./masking.js";

// Nodes that may change at once, and a second: a list of 10,000 rows is drawn at once, an animation is thinned.
const MUTATIONS_AT_ONCE = 10_000;
const MUTATIONS_PER_SECOND = 2000;
const REST_MS = 1000;
// rrweb has classes of its own where none are named; ours are attributes.
const NO_CLASS = "-tf-no-class";

export interface RecorderOptions {
  readonly rules: MaskRules;
  readonly recordCanvas: boolean;
  readonly recordCrossOriginFrames: boolean;
  readonly scrubUrl: (url: string) => string;
  readonly emit: (event: RecordedEvent & { timestamp: number }) => void;
}

export interface Recorder {
  snapshot(): void;
  nodeId(node: Node): number;
  stop(): void;
}

/** Starts at once where the document is parsed, else as soon as it is. */
export function startRecorder(options: RecorderOptions): Recorder {
  const { rules, emit } = options;
  const mutations = budget(MUTATIONS_AT_ONCE, MUTATIONS_PER_SECOND);
  let isResting = false;
  let isStopped = false;

  // A frozen page still collects its changes; whatever is emitted next brings them out, merged.
  const rest = (mutated: number): void => {
    isResting = true;
    record.freezePage();
    later(() => {
      isResting = false;
      if (!isStopped) record.addCustomEvent("recording_slowed", { mutations: mutated });
    }, REST_MS);
  };

  const nodeOf = (id: number): Node | null => record.mirror.getNode(id);

  // As a plugin, so that it also works on what a frame hands to the page that records it.
  const finish = (event: RecordedEvent): RecordedEvent => {
    try {
      rules.finish(event, nodeOf);
      if (event.data.href) event.data.href = options.scrubUrl(event.data.href);
      return event;
    } catch {
      return { ...event, type: 5, data: { tag: "omitted", payload: { reason: "masking_failed", events: 1 } } as never };
    }
  };

  const take = guard((event: RecordedEvent & { timestamp: number }) => {
    if (isStopped) return;
    emit(event);
    const mutated = countOfMutations(event);
    if (mutated > 0 && mutations.spend(mutated, now()) < 0 && !isResting) rest(mutated);
  });

  const stop = record({
    emit: take as never,
    maskInputOptions: { input: true, textarea: true, select: true, password: true } as never,
    maskInputFn: ((text: string, element: Element) => rules.maskInput(text, element)) as never,
    maskTextSelector: rules.maskTextSelector,
    blockSelector: rules.blockSelector,
    ignoreSelector: rules.ignoreSelector,
    blockClass: NO_CLASS,
    ignoreClass: NO_CLASS,
    maskTextClass: NO_CLASS,
    recordAfter: "DOMContentLoaded",
    recordCanvas: options.recordCanvas,
    recordCrossOriginIframes: options.recordCrossOriginFrames,
    collectFonts: false,
    inlineStylesheet: true,
    plugins: [{ name: "traceflow", options: {}, eventProcessor: finish as never }],
    errorHandler: () => true,
  });

  return {
    snapshot: guard(() => record.takeFullSnapshot(true)),
    nodeId: (node) => record.mirror.getId(node as never),
    stop: () => {
      isStopped = true;
      stop?.();
    },
  };
}

function countOfMutations({ type, data }: RecordedEvent): number {
  if (type !== 3 || data.source !== 0) return 0;
  const { adds, texts, attributes } = data;
  return (adds?.length ?? 0) + (texts?.length ?? 0) + (attributes?.length ?? 0);
}
