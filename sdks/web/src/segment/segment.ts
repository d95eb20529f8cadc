// A run of events of one window under its number; its bytes never change once it has been cut.

/** A segment as it waits to be sent. */
export interface Segment {
  readonly key: string;
  readonly session_id: string;
  readonly window_id: string;
  readonly segment_id: number;
  readonly final: boolean;
  /** JSON of the visitor. */
  readonly visitor: string;
  /** JSON of the events: the server tells a repeated segment by these very bytes. */
  readonly events: string;
  readonly created_at_ms: number;
}

/** Stands in for events that were left out, so that a gap is declared and not guessed. */
export interface Omission {
  readonly reason: "event_too_large" | "segment_too_large" | "queue_full" | "queue_too_old";
  readonly events: number;
  readonly bytes: number;
}

/** The body of the request. */
export function bodyOf(segment: Segment, sentAtMs: number, sdkVersion: string): string {
  // The ids are our own and need no escaping.
  return (
    `{"window_id":"${segment.window_id}","segment_id":${segment.segment_id},"sent_at_ms":${sentAtMs},` +
    `"final":${segment.final},"sdk":{"name":"web","version":"${sdkVersion}"},` +
    `"visitor":${segment.visitor},"events":${segment.events}}`
  );
}

/** A custom event, as rrweb spells it. */
export function customEvent(tag: string, payload: unknown, nowMs: number): object {
  return { type: 5, data: { tag, payload }, timestamp: nowMs };
}
