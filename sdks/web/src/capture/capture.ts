// All that is captured beside the DOM, as the settings say.

import type { MaskRules } from "../record/masking.js";
import type { Settings } from "../settings.js";
import { captureClicks } from "./click.js";
import { CONSOLE_PLUGIN, captureConsole } from "./console.js";
import { captureErrors } from "./error.js";
import { captureNavigation } from "./navigation.js";
import { captureNetwork, NETWORK_PLUGIN } from "./network.js";
import { captureLongTasks, captureWebVitals } from "./performance.js";

export interface CaptureOutlets {
  /** A custom event. */
  readonly tell: (tag: string, payload: unknown) => void;
  /** A plugin's event. */
  readonly plug: (plugin: string, payload: unknown) => void;
  readonly nodeId: (node: Node) => number;
}

let hasVitals = false;

/** `flush` hands over what is still being measured. */
export function startCapture(
  settings: Settings,
  rules: MaskRules,
  { tell, plug, nodeId }: CaptureOutlets,
): { flush(): void; stop(): void } {
  const { scrubUrl, network, endpoint } = settings;
  const traced = [location.origin, ...settings.traceOrigins];
  const stops = [
    captureNavigation((navigation) => tell("navigation", navigation), scrubUrl),
    captureErrors((error) => tell("error", error)),
    captureConsole(settings.console, (line) => plug(CONSOLE_PLUGIN, line)),
    captureClicks((click) => tell("click", click), rules, nodeId),
  ];
  const requests =
    network || settings.tracePropagation
      ? captureNetwork({
          emit: (request) => plug(NETWORK_PLUGIN, { requests: [request] }),
          scrubUrl,
          ownPrefix: `${endpoint}/ingest/v1/`,
          keep: network ?? {},
          isRecorded: network !== null,
          isTraced: ({ origin }) => settings.tracePropagation && traced.includes(origin),
        })
      : null;
  if (requests) stops.push(requests.stop);
  if (settings.longTasks) stops.push(captureLongTasks((task) => tell("long_task", task)));
  if (settings.webVitals && !hasVitals) {
    hasVitals = true;
    captureWebVitals((vital) => tell("web_vital", vital));
  }
  return {
    flush: () => requests?.flush(),
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
