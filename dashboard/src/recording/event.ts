/** The events of a recording, as rrweb spells them, and safe reading of what is in them. */

/** rrweb's event types. */
export const EVENT = { fullSnapshot: 2, incremental: 3, meta: 4, custom: 5, plugin: 6 } as const;

/** rrweb's sources of incremental events that this dashboard reads. */
export const SOURCE = {
  mutation: 0,
  mouseMove: 1,
  mouseInteraction: 2,
  scroll: 3,
  viewportResize: 4,
  input: 5,
  touchMove: 6,
  media: 7,
  drag: 12,
  selection: 14,
} as const;

/** One line of `/recording`. */
export interface RecordedEvent {
  window_id: string;
  segment_id: number;
  type: number;
  timestamp: number;
  data: Record<string, unknown>;
}

/** Something of JSON with fields. */
export type Fields = Record<string, unknown>;

/** Return the fields of an object, or none. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** Return a text, or nothing. */
export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Return a number, or nothing. */
export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Return a list, or an empty one. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Read a line; null where it is no event that can be shown. */
export function parseEvent(line: string): RecordedEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const event = fields(value);
  if (typeof event.type !== "number" || typeof event.timestamp !== "number") return null;
  if (typeof event.data !== "object" || event.data === null) event.data = {};
  return value as RecordedEvent;
}

/** Tell whether the visitor did something here: rrweb's own list, without what pages do by themselves. */
export function isInteraction(event: RecordedEvent): boolean {
  if (event.type !== EVENT.incremental) return false;
  const source = event.data.source;
  return (
    source === SOURCE.mouseMove ||
    source === SOURCE.mouseInteraction ||
    source === SOURCE.scroll ||
    source === SOURCE.viewportResize ||
    source === SOURCE.input ||
    source === SOURCE.touchMove ||
    source === SOURCE.media ||
    source === SOURCE.drag ||
    source === SOURCE.selection
  );
}
