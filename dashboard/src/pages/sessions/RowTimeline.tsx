/** A session's course in one line: where its signals, errors and pages lie. */

import type { SessionItem } from "../../api/documents";
import { counted } from "../../logic/format";
import { kindOf } from "../../logic/signals";
import { placeOf } from "../../recording/markers";

const WIDTH = 160;
const HEIGHT = 22;
const EDGE = 4;

/** Draws the moments of a session; without any, the plain line. */
export function RowTimeline({ item }: { item: SessionItem }) {
  const from = item.started_at_ms ?? 0;
  const to = item.ended_at_ms ?? from;
  const moments = item.timeline ?? [];
  const x = (atMs: number) => EDGE + placeOf(atMs, from, to) * (WIDTH - 2 * EDGE);
  const isMark = (kind: string) => kind !== "navigation";
  const label = `${counted(moments.filter((each) => isMark(each.kind)).length, "mark")} on the timeline`;
  return (
    <svg
      width="100%"
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <line
        x1={EDGE}
        x2={WIDTH - EDGE}
        y1={HEIGHT / 2}
        y2={HEIGHT / 2}
        stroke="var(--tf-line)"
        strokeWidth={3}
        strokeLinecap="round"
      />
      {moments.map((each, index) =>
        isMark(each.kind) ? (
          <rect
            // Moments have no ids; their order is theirs.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            key={index}
            x={x(each.at_ms) - 1.5}
            y={4}
            width={3}
            height={HEIGHT - 8}
            rx={1.5}
            fill={`var(--mantine-color-${kindOf(each.kind).color}-6)`}
          />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <circle key={index} cx={x(each.at_ms)} cy={HEIGHT / 2} r={2} fill="var(--mantine-color-dimmed)" />
        ),
      )}
    </svg>
  );
}
