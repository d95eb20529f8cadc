/** The timeline: what happened when, and where the player stands. */

import { memo, type PointerEvent, useEffect, useMemo, useRef } from "react";
import { clock, spokenClock } from "../../logic/format";
import { kindOf } from "../../logic/signals";
import { type Marker, placeOf, thinned } from "../../recording/markers";
import type { Player } from "../../recording/player";
import { useClock } from "./hooks";
import classes from "./session.module.css";

interface TimelineProps {
  player: Player | null;
  markers: Marker[];
  fromMs: number;
  toMs: number;
  version: number;
}

const STEP_MS = 5000;
const PAGE_MS = 30_000;
// About a mark's width on a player of usual size.
const SLOTS = 160;

/** A slider with marks. */
export function Timeline({ player, markers, fromMs, toMs, version }: TimelineProps) {
  const gaps = useMemo(() => (version >= 0 && player ? player.gaps : []), [player, version]);
  const left = (atMs: number) => `${placeOf(atMs, fromMs, toMs) * 100}%`;
  return (
    <div className={classes.timeline}>
      <div className={classes.track}>
        {gaps.map((gap) => (
          <span
            key={gap.from_ms}
            className={classes.gap}
            title={`Inactive, ${clock(gap.to_ms - gap.from_ms)}`}
            style={{
              left: left(gap.from_ms),
              width: `${(placeOf(gap.to_ms, fromMs, toMs) - placeOf(gap.from_ms, fromMs, toMs)) * 100}%`,
            }}
          />
        ))}
      </div>
      {player && <Slider player={player} fromMs={fromMs} toMs={toMs} />}
      <Marks player={player} markers={markers} fromMs={fromMs} toMs={toMs} />
    </div>
  );
}

function Slider({ player, fromMs, toMs }: { player: Player; fromMs: number; toMs: number }) {
  const at = useClock(player, fromMs);
  const element = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLSpanElement>(null);
  const played = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      // Past React: this runs at every frame.
      player.onClock((now) => {
        const place = `${placeOf(now, fromMs, toMs) * 100}%`;
        if (head.current) head.current.style.left = place;
        if (played.current) played.current.style.width = place;
      }),
    [player, fromMs, toMs],
  );
  const seekTo = (event: PointerEvent) => {
    const box = element.current?.getBoundingClientRect();
    if (!box || box.width === 0) return;
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    player.seek(fromMs + share * (toMs - fromMs));
  };
  const steps: Record<string, number> = {
    ArrowLeft: -STEP_MS,
    ArrowDown: -STEP_MS,
    ArrowRight: STEP_MS,
    ArrowUp: STEP_MS,
    PageDown: -PAGE_MS,
    PageUp: PAGE_MS,
    Home: fromMs - toMs,
    End: toMs - fromMs,
  };
  return (
    <div
      ref={element}
      className={classes.slider}
      role="slider"
      tabIndex={0}
      aria-label="Place in the session"
      aria-valuemin={0}
      aria-valuemax={Math.round((toMs - fromMs) / 1000)}
      aria-valuenow={Math.round((at - fromMs) / 1000)}
      aria-valuetext={`${spokenClock(at - fromMs)} of ${spokenClock(toMs - fromMs)}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(event);
      }}
      onKeyDown={(event) => {
        const by = steps[event.key];
        if (by === undefined) return;
        event.preventDefault();
        player.step(by);
      }}
    >
      <span className={classes.played} ref={played} />
      <span className={classes.playhead} ref={head} />
    </div>
  );
}

interface MarksProps {
  player: Player | null;
  markers: Marker[];
  fromMs: number;
  toMs: number;
}

// The marks are for the pointer: by keyboard the panels give the same, as lists.
const Marks = memo(function Marks({ player, markers, fromMs, toMs }: MarksProps) {
  const shown = useMemo(() => thinned(markers, fromMs, toMs, SLOTS), [markers, fromMs, toMs]);
  return (
    <div className={classes.marks} aria-hidden>
      {shown.map((marker) => (
        <button
          key={marker.key}
          type="button"
          tabIndex={-1}
          className={classes.mark}
          data-lane={marker.lane}
          title={`${clock(marker.at_ms - fromMs)} ${kindOf(marker.kind).label}: ${marker.title}`}
          style={{
            left: `${placeOf(marker.at_ms, fromMs, toMs) * 100}%`,
            color: `var(--mantine-color-${kindOf(marker.kind).color}-6)`,
          }}
          onClick={() => player?.seek(marker.at_ms - (marker.lane === "navigation" ? 0 : 1000))}
        />
      ))}
    </div>
  );
});
