/** Rage clicks over a picture of the page where they happened, as far as their places are known. */

import { Loader, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../../api/client";
import type { Hotspots } from "../../api/documents";
import { hotspotsQuery } from "../../api/queries";
import { counted } from "../../logic/format";
import { FailureNote } from "../../parts/Notes";
import { Recording } from "../../recording/recording";
import { windowShowing } from "../../recording/snapshot_window";
import { type Size, Stage } from "../../recording/stage";
import classes from "./overview.module.css";
import "@rrweb/replay/dist/style.css";

const MAX_HEIGHT_PX = 520;
const UNSEEN: Size = { width: 1280, height: 800 };

interface MapProps {
  project: string;
  page: string;
  rangeMs: number | null;
}

/** Shows one page's hot spots. */
export default function HotspotMap({ project, page, rangeMs }: MapProps) {
  const hotspots = useQuery(hotspotsQuery(project, page, rangeMs));
  if (hotspots.error) return <FailureNote error={hotspots.error} onRetry={() => void hotspots.refetch()} />;
  if (!hotspots.data) return <Skeleton h={420} />;
  return (
    <>
      <Picture project={project} hotspots={hotspots.data} />
      <Text size="xs" c="dimmed" mt={8}>
        {counted(hotspots.data.signals, "rage click")} on {page}
        {hotspots.data.snapshot
          ? "; the picture is from one of these sessions."
          : "; there is no picture of it."}{" "}
        Positions are those in the visitor's viewport, scaled to the picture's width: on a page that had been
        scrolled otherwise, a point lies over another element than the one clicked.
      </Text>
    </>
  );
}

function Picture({ project, hotspots }: { project: string; hotspots: Hotspots }) {
  const frame = useRef<HTMLDivElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const [tries, setTries] = useState(0);
  const { size, state, error } = useSnapshot(root, project, hotspots, tries);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  const page = size ?? UNSEEN;
  const scale = Math.min(width / page.width, MAX_HEIGHT_PX / page.height) || 0;
  return (
    <>
      {state === "failed" && (
        <FailureNote
          error={error ?? new Error("The recording holds no picture of this moment.")}
          onRetry={() => setTries((last) => last + 1)}
        />
      )}
      <div ref={frame} className={classes.mapFrame} style={{ height: Math.max(160, page.height * scale) }}>
        <div
          className={classes.map}
          style={{ width: page.width, height: page.height, transform: `translateX(-50%) scale(${scale})` }}
        >
          <div ref={root} />
          <Points hotspots={hotspots} page={page} scale={scale} />
        </div>
        {state === "loading" && (
          <div className={classes.mapWaiting} role="status">
            <Loader size={16} /> Loading the picture
          </div>
        )}
      </div>
    </>
  );
}

// Points, no areas: how far around a click its element reaches is not known.
function Points({ hotspots, page, scale }: { hotspots: Hotspots; page: Size; scale: number }) {
  const radius = 7 / (scale || 1);
  return (
    <svg
      width={page.width}
      height={page.height}
      role="img"
      aria-label={`${counted(hotspots.points.length, "place")} of rage clicks, in the visitors' viewports`}
    >
      {hotspots.points.map((point) => (
        <circle
          key={`${point.x}-${point.y}-${point.viewport_width}`}
          className={classes.spot}
          r={radius}
          {...placed(point, page)}
        >
          <title>{counted(point.signals, "rage click")}</title>
        </circle>
      ))}
    </svg>
  );
}

function placed(point: Hotspots["points"][number], page: Size): { cx: number; cy: number } {
  const stretch = point.viewport_width ? page.width / point.viewport_width : 1;
  return { cx: point.x * stretch, cy: point.y * stretch };
}

interface Snapshot {
  size: Size | null;
  state: "none" | "loading" | "shown" | "failed";
  error: Error | null;
}

function useSnapshot(
  root: React.RefObject<HTMLDivElement | null>,
  project: string,
  { snapshot }: Hotspots,
  tries: number,
): Snapshot {
  const [size, setSize] = useState<Size | null>(null);
  const [outcome, setOutcome] = useState<Pick<Snapshot, "state" | "error">>({ state: "none", error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try is the same once more.
  useEffect(() => {
    const element = root.current;
    if (!snapshot || !element) return;
    setOutcome({ state: "loading", error: null });
    const { session_id, at_ms } = snapshot;
    let stage: Stage | null = null;
    let recording: Recording | null = null;
    let isGone = false;
    const show = (window_id: string | null) => {
      if (!recording || stage) return;
      const window = windowShowing(recording, { at_ms, window_id });
      if (window) {
        stage = new Stage(element, window, { onSize: setSize, onRunOut: () => {}, onFrame: () => {} }, true);
        stage.show(at_ms);
        setOutcome({ state: "shown", error: null });
        // What comes after the moment is of no use here.
        recording.close();
      } else if (recording.state !== "loading") {
        setOutcome({ state: "failed", error: recording.error });
      }
    };
    void windowOfSignal(project, session_id, at_ms).then((windowId) => {
      if (isGone) return;
      recording = new Recording((signal) => api.recording(project, session_id, signal));
      recording.subscribe(() => show(windowId));
      recording.onEvent((event) => {
        if (event.timestamp > at_ms) show(windowId);
      });
    });
    return () => {
      isGone = true;
      recording?.close();
      stage?.destroy();
    };
  }, [root, project, snapshot, tries]);
  return { size, ...outcome };
}

// Without it the window is told by the time alone.
async function windowOfSignal(project: string, id: string, atMs: number): Promise<string | null> {
  const signals = await api.signals(project, id).catch(() => null);
  const own = signals?.items.find((each) => each.kind === "rage_click" && each.at_ms === atMs);
  return own?.evidence[0]?.window_id ?? null;
}
