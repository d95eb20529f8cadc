/** Frustration over time: two lines over bars of how many sessions they stand on. */

import { Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { FrustrationBucket } from "../../api/documents";
import { type Column, columnsOf, filled, linePath } from "../../logic/chart";
import { counted, score } from "../../logic/format";
import classes from "./overview.module.css";

const HEIGHT = 180;
const BARS = 44;
const LEVELS = [0, 25, 50, 75, 100];
const GUTTER = 30;

interface ChartProps {
  buckets: FrustrationBucket[];
  bucketMs: number;
}

/** A chart by hand; a table with the same figures is there for those who do not see it. */
export function FrustrationChart({ buckets, bucketMs }: ChartProps) {
  const { ref, width } = useElementSize();
  const all = useMemo(() => filled(buckets, bucketMs), [buckets, bucketMs]);
  const columns = useMemo(() => columnsOf(all, Math.max(0, width - GUTTER)), [all, width]);
  const [picked, setPicked] = useState<Column | null>(null);
  const y = (value: number) => HEIGHT * (1 - value / 100);
  return (
    <div ref={ref} className={classes.chart}>
      <div className={classes.legend}>
        <span>
          <i className={classes.mean} /> Mean
        </span>
        <span>
          <i className={classes.high} /> 90th percentile
        </span>
        <span>
          <i className={classes.bars} /> Sessions
        </span>
        <Text size="xs" ml="auto" className="tf-num" aria-hidden>
          {picked ? worded(picked.bucket, bucketMs) : ""}
        </Text>
      </div>
      <svg width="100%" height={HEIGHT + BARS + 26} aria-hidden onPointerLeave={() => setPicked(null)}>
        {LEVELS.map((level) => (
          <g key={level}>
            <line x1={GUTTER} x2="100%" y1={y(level) + 4} y2={y(level) + 4} stroke="var(--tf-line)" />
            <text x={GUTTER - 6} y={y(level) + 8} textAnchor="end" className={classes.axis}>
              {level}
            </text>
          </g>
        ))}
        <g transform={`translate(${GUTTER} 4)`}>
          {columns.map((column) => (
            <rect
              key={column.bucket.at_ms}
              x={column.x + column.width * 0.15}
              width={Math.max(1, column.width * 0.7)}
              y={HEIGHT + 4 + (BARS - 8) * (1 - column.bar)}
              height={(BARS - 8) * column.bar}
              rx={1.5}
              fill={picked === column ? "var(--mantine-color-dimmed)" : "var(--tf-bar)"}
            />
          ))}
          <path d={linePath(columns, (each) => each.p90_score, HEIGHT)} className={classes.highLine} />
          <path d={linePath(columns, (each) => each.mean_score, HEIGHT)} className={classes.meanLine} />
          <Dots columns={columns} />
          {columns.map((column) => (
            <rect
              key={column.bucket.at_ms}
              x={column.x}
              width={column.width}
              height={HEIGHT + BARS}
              fill="transparent"
              onPointerEnter={() => setPicked(column)}
            />
          ))}
          {ticksOf(columns).map((column) => (
            <text
              key={column.bucket.at_ms}
              x={column.x + column.width / 2}
              y={HEIGHT + BARS + 12}
              textAnchor="middle"
              className={classes.axis}
            >
              {timeOf(column.bucket.at_ms, bucketMs)}
            </text>
          ))}
        </g>
      </svg>
      <Figures buckets={buckets} bucketMs={bucketMs} />
    </div>
  );
}

// A single bucket between empty ones makes no line.
function Dots({ columns }: { columns: Column[] }) {
  const isAlone = (index: number) =>
    columns[index]?.bucket.sessions &&
    !columns[index - 1]?.bucket.sessions &&
    !columns[index + 1]?.bucket.sessions;
  return columns.map((column, index) =>
    isAlone(index) ? (
      <g key={column.bucket.at_ms}>
        <circle
          cx={column.x + column.width / 2}
          cy={HEIGHT * (1 - (column.bucket.p90_score ?? 0) / 100)}
          r={2.5}
          className={classes.highDot}
        />
        <circle
          cx={column.x + column.width / 2}
          cy={HEIGHT * (1 - (column.bucket.mean_score ?? 0) / 100)}
          r={2.5}
          className={classes.meanDot}
        />
      </g>
    ) : null,
  );
}

function Figures({ buckets, bucketMs }: ChartProps) {
  return (
    <table className="tf-visually-hidden">
      <caption>Frustration over time</caption>
      <thead>
        <tr>
          <th>Time (UTC)</th>
          <th>Sessions</th>
          <th>Mean</th>
          <th>90th percentile</th>
        </tr>
      </thead>
      <tbody>
        {buckets.map((bucket) => (
          <tr key={bucket.at_ms}>
            <td>{timeOf(bucket.at_ms, bucketMs)}</td>
            <td>{bucket.sessions}</td>
            <td>{score(bucket.mean_score)}</td>
            <td>{score(bucket.p90_score)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const DAY_MS = 86_400_000;

function timeOf(atMs: number, bucketMs: number): string {
  if (bucketMs >= DAY_MS || atMs % DAY_MS === 0) return DAY.format(atMs);
  return HOUR.format(atMs);
}

function worded(bucket: FrustrationBucket, bucketMs: number): string {
  const time =
    bucketMs >= DAY_MS
      ? DAY.format(bucket.at_ms)
      : `${DAY.format(bucket.at_ms)} ${HOUR.format(bucket.at_ms)}`;
  if (bucket.sessions === 0) return `${time}: no session`;
  const scores = `mean ${score(bucket.mean_score)}, 90th percentile ${score(bucket.p90_score)}`;
  return `${time}: ${scores}, ${counted(bucket.sessions, "session")}`;
}

function ticksOf(columns: Column[]): Column[] {
  const TICK_PX = 90;
  const every = Math.max(1, Math.ceil(TICK_PX / (columns[0]?.width || TICK_PX)));
  return columns.filter((_, index) => index % every === Math.floor(every / 2));
}
