/** How figures are worded. */

/** Word a stretch of time: `8 s`, `1:03`, `1:02:09`. */
export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 60_000) return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.floor(ms / 1000)} s`;
  return clock(ms);
}

/** Word a place in a session: `0:47`, `1:02:09`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const rest = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** Word a place in a session for ears: `1 minute 3 seconds`. */
export function spokenClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const words = (count: number, unit: string) => `${count} ${unit}${count === 1 ? "" : "s"}`;
  if (minutes === 0) return words(seconds, "second");
  return `${words(minutes, "minute")} ${words(seconds % 60, "second")}`;
}

/** Word how long ago something was. */
export function ago(atMs: number | null, nowMs: number): string {
  if (atMs === null) return "–";
  const seconds = Math.floor((nowMs - atMs) / 1000);
  if (seconds < 0) return moment(atMs);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return day(atMs);
}

const DAY = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const MOMENT = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const COUNT = new Intl.NumberFormat();

/** Word a day in the reader's own way. */
export function day(atMs: number): string {
  return DAY.format(atMs);
}

/** Word a moment in the reader's own way. */
export function moment(atMs: number | null): string {
  return atMs === null ? "–" : MOMENT.format(atMs);
}

/** Word a count. */
export function count(value: number): string {
  return COUNT.format(value);
}

/** Word a count with its noun: `1 session`, `3 sessions`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Word a share of one. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

/** Word a score. */
export function score(value: number | null): string {
  return value === null ? "–" : String(Math.round(value));
}

/** Word a size. */
export function bytes(value: number | null): string {
  if (value === null) return "–";
  if (value < 1000) return `${Math.round(value)} B`;
  if (value < 1_000_000) return `${(value / 1000).toFixed(1)} kB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

/** Shorten a page's address to what tells pages of one site apart. */
export function pagePath(href: string): string {
  const found = /^[a-z]+:\/\/[^/?#]*([\s\S]*)$/i.exec(href);
  if (!found) return href;
  return found[1] || "/";
}

/** Return an address's host, or nothing. */
export function host(href: string): string {
  return /^[a-z]+:\/\/([^/?#]*)/i.exec(href)?.[1] ?? "";
}
