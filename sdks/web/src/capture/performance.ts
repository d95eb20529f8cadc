// How fast the page is: Core Web Vitals, and tasks that block it.

import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";

import { guard, now } from "../natives.js";
import { gate } from "../record/budget.js";

/** Payload of the custom event `web_vital`. */
export interface WebVital {
  readonly name: string;
  readonly value: number;
  readonly rating: string;
}

/** Once per page: the library knows no way to stop, so the caller stops listening. */
export function captureWebVitals(emit: (vital: WebVital) => void): void {
  const take = guard(({ name, value, rating }: Metric) => emit({ name, value: Math.round(value * 1e4) / 1e4, rating }));
  for (const observe of [onCLS, onFCP, onINP, onLCP, onTTFB]) guard(() => observe(take))();
}

export function captureLongTasks(emit: (task: { readonly duration_ms: number }) => void): () => void {
  if (typeof PerformanceObserver !== "function") return () => {};
  const mayPass = gate(30, 2);
  const observer = new PerformanceObserver(
    guard((list: PerformanceObserverEntryList) => {
      for (const { duration } of list.getEntries()) {
        if (mayPass(now())) emit({ duration_ms: Math.round(duration) });
      }
    }),
  );
  guard(() => observer.observe({ type: "longtask", buffered: true }))();
  return () => observer.disconnect();
}
