/** The frustration chart's geometry. */

import type { FrustrationBucket } from "../api/documents";

/** A bucket's place: its bar is how many sessions, its line is their mean score. */
export interface Column {
  bucket: FrustrationBucket;
  x: number;
  width: number;
  bar: number;
}

/** Lay the buckets out over a width; bars are shares of the highest. */
export function columnsOf(buckets: readonly FrustrationBucket[], width: number): Column[] {
  const step = width / Math.max(1, buckets.length);
  const most = Math.max(1, ...buckets.map((bucket) => bucket.sessions));
  return buckets.map((bucket, index) => ({
    bucket,
    x: index * step,
    width: step,
    bar: bucket.sessions / most,
  }));
}

/** Draw a line through scores; where there is none, the line is broken. */
export function linePath(
  columns: readonly Column[],
  score: (bucket: FrustrationBucket) => number | null,
  height: number,
): string {
  let path = "";
  let isDrawing = false;
  for (const column of columns) {
    const value = column.bucket.sessions > 0 ? score(column.bucket) : null;
    if (value === null) {
      isDrawing = false;
      continue;
    }
    const x = (column.x + column.width / 2).toFixed(1);
    const y = (height * (1 - Math.min(100, value) / 100)).toFixed(1);
    path += `${isDrawing ? "L" : "M"}${x} ${y}`;
    isDrawing = true;
  }
  return path;
}

/** Fill the stretches without sessions, so that time runs evenly. */
export function filled(buckets: readonly FrustrationBucket[], bucketMs: number): FrustrationBucket[] {
  const first = buckets[0];
  const last = buckets.at(-1);
  // A chart of more columns than pixels tells nothing more.
  const MOST = 400;
  if (!first || !last || bucketMs <= 0 || (last.at_ms - first.at_ms) / bucketMs > MOST) return [...buckets];
  const known = new Map(buckets.map((bucket) => [bucket.at_ms, bucket]));
  const all: FrustrationBucket[] = [];
  for (let at = first.at_ms; at <= last.at_ms; at += bucketMs) {
    all.push(known.get(at) ?? { at_ms: at, sessions: 0, mean_score: null, p90_score: null });
  }
  return all;
}
