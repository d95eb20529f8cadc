/** What an event says to a person: the rows of the events, console and network panels. */

import { pagePath } from "../logic/format";
import { EVENT, type Fields, fields, list, number, type RecordedEvent, SOURCE, text } from "./event";
import type { NodeNames } from "./node_names";

/** The kinds of rows. */
export type EntryKind =
  | "navigation"
  | "click"
  | "input"
  | "error"
  | "console"
  | "network"
  | "track"
  | "identify"
  | "web_vital"
  | "long_task"
  | "custom";

/** One row. */
export interface Entry {
  kind: EntryKind;
  at_ms: number;
  window_id: string;
  title: string;
  detail: string | null;
  /** A console's level; empty elsewhere. */
  level: string;
  request: NetworkRequest | null;
}

/** A request that the page made. */
export interface NetworkRequest {
  method: string;
  url: string;
  kind: string;
  status: number | null;
  started_at_ms: number;
  duration_ms: number | null;
  bytes: number | null;
  has_failed: boolean;
}

/** rrweb's mouse interactions that are a click or a tap. */
const CLICK = 2;

/** Turn an event into rows; most events give none. */
export function entriesOf(event: RecordedEvent, names: NodeNames): Entry[] {
  if (event.type === EVENT.custom) return custom(event);
  if (event.type === EVENT.plugin) return plugin(event);
  if (event.type === EVENT.meta) {
    const href = text(event.data.href) ?? "";
    return [row(event, "navigation", pagePath(href), href)];
  }
  if (event.type === EVENT.incremental) return interaction(event, names);
  return [];
}

function row(event: RecordedEvent, kind: EntryKind, title: string, detail: string | null = null): Entry {
  const at_ms = event.timestamp;
  return { kind, at_ms, window_id: event.window_id, title, detail, level: "", request: null };
}

function interaction(event: RecordedEvent, names: NodeNames): Entry[] {
  const id = number(event.data.id) ?? -1;
  if (event.data.source === SOURCE.mouseInteraction && event.data.type === CLICK) {
    return [row(event, "click", names.nameOf(id) ?? "something")];
  }
  if (event.data.source === SOURCE.input) {
    const value = text(event.data.text) ?? "";
    return [row(event, "input", names.nameOf(id) ?? "a field", value === "" ? null : value)];
  }
  return [];
}

function custom(event: RecordedEvent): Entry[] {
  const tag = text(event.data.tag) ?? "custom";
  const payload = fields(event.data.payload);
  switch (tag) {
    case "error": {
      const name = text(payload.name) ?? "Error";
      return [row(event, "error", `${name}: ${text(payload.message) ?? ""}`, text(payload.stack))];
    }
    case "navigation": {
      const href = text(payload.href) ?? "";
      return [row(event, "navigation", pagePath(href), href)];
    }
    case "track":
      return [row(event, "track", text(payload.name) ?? "event", worded(payload.properties))];
    case "identify":
      return [
        row(event, "identify", text(payload.identified_id ?? payload.id) ?? "", worded(payload.traits)),
      ];
    case "web_vital":
      return [row(event, "web_vital", vital(payload), text(payload.rating))];
    case "long_task":
      return [row(event, "long_task", `${Math.round(number(payload.duration_ms) ?? 0)} ms`)];
    // The click itself is in rrweb's own events; the facts stand on a panel of their own.
    case "click":
    case "page_facts":
      return [];
    default:
      return [row(event, "custom", tag, worded(event.data.payload))];
  }
}

function vital(payload: Fields): string {
  const name = text(payload.name) ?? "";
  const value = number(payload.value) ?? 0;
  return name === "CLS" ? `CLS ${value.toFixed(3)}` : `${name} ${Math.round(value)} ms`;
}

function worded(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "object" && Object.keys(value).length === 0) return null;
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}

function plugin(event: RecordedEvent): Entry[] {
  const name = text(event.data.plugin) ?? "";
  const payload = fields(event.data.payload);
  if (name.startsWith("rrweb/console")) {
    const words = list(payload.payload).map(unquoted).join(" ");
    const trace = list(payload.trace).map(String).join("\n");
    return [{ ...row(event, "console", words, trace || null), level: text(payload.level) ?? "log" }];
  }
  if (name.startsWith("rrweb/network")) {
    const requests = list(payload.requests).map(fields);
    const origin = originOf(event.timestamp, requests);
    return requests.map((each) => requestRow(event, each, origin));
  }
  return [];
}

// The console plugin writes each argument as JSON.
function unquoted(value: unknown): string {
  const written = String(value);
  if (!written.startsWith('"')) return written;
  try {
    return String(JSON.parse(written));
  } catch {
    return written;
  }
}

// Requests of older recordings carry times since their page began, and not when that was: the last of them to end is taken to
// have ended when they were told of.
function originOf(toldMs: number, requests: Fields[]): number {
  const ends = requests.map((each) => (number(each.startTime) ?? 0) + (durationOf(each) ?? 0));
  return toldMs - Math.max(0, ...ends);
}

function durationOf(each: Fields): number | null {
  const start = number(each.startTime);
  const end = number(each.endTime);
  const between = start === null || end === null ? null : Math.max(0, end - start);
  return number(each.duration) ?? between;
}

function requestRow(event: RecordedEvent, each: Fields, originMs: number): Entry {
  const status = number(each.status) ?? number(each.responseStatus);
  const url = text(each.url) ?? text(each.name) ?? "";
  const started = number(each.started_at_ms) ?? originMs + (number(each.startTime) ?? 0);
  const request: NetworkRequest = {
    method: text(each.method) ?? "GET",
    url,
    kind: text(each.initiatorType) ?? "other",
    status,
    started_at_ms: started,
    duration_ms: durationOf(each),
    bytes: number(each.transferSize) ?? number(each.responseSize),
    has_failed: isFailure(each, status),
  };
  const entry = row(event, "network", `${request.method} ${pagePath(url)}`, url);
  return { ...entry, at_ms: started, request };
}

function isFailure(each: Fields, status: number | null): boolean {
  if (text(each.error) !== null) return true;
  // Zero is what browsers tell of images and styles from elsewhere, too: only for calls it is a failure.
  const isCall = each.initiatorType === "fetch" || each.initiatorType === "xmlhttprequest";
  return status !== null && (status >= 400 || (status === 0 && isCall));
}
