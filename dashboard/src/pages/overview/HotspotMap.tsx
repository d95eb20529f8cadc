/** Rage clicks over a picture of the page where they happened. */

import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../../api/client";
import type { Hotspots } from "../../api/documents";
import { hotspotsQuery } from "../../api/queries";
import { counted } from "../../logic/format";
import { FailureNote } from "../../parts/Notes";
import { Recording } from "../../recording/recording";
import { type Size, Stage } from "../../recording/stage";
import classes from "./overview.module.css";
import "@rrweb/replay/dist/style.css";

const MAX_HEIGHT_PX = 520;

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
          : "; there is no picture of it."}
      </Text>
    </>
  );
}

function Picture({ project, hotspots }: { project: string; hotspots: Hotspots }) {
  const frame = useRef<HTMLDivElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const size = useSnapshot(root, project, hotspots);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  const page = size ?? { width: 1280, height: 800 };
  const scale = Math.min(width / page.width, MAX_HEIGHT_PX / page.height) || 0;
  const most = Math.max(1, ...hotspots.points.map((point) => point.signals));
  return (
    <div ref={frame} className={classes.mapFrame} style={{ height: Math.max(160, page.height * scale) }}>
      <div
        className={classes.map}
        style={{ width: page.width, height: page.height, transform: `translateX(-50%) scale(${scale})` }}
      >
        <div ref={root} />
        <svg
          width={page.width}
          height={page.height}
          role="img"
          aria-label={`${hotspots.points.length} hot spots`}
        >
          {hotspots.points.map((point) => {
            const stretch = point.viewport_width ? page.width / point.viewport_width : 1;
            const radius = 22 + 34 * Math.sqrt(point.signals / most);
            return (
              <g
                key={`${point.x}-${point.y}-${point.viewport_width}`}
                transform={`translate(${point.x * stretch} ${point.y})`}
              >
                <circle r={radius} fill="rgba(240, 62, 62, 0.28)" />
                <circle r={radius / 2} fill="rgba(240, 62, 62, 0.45)" />
                <text className={classes.spot}>{point.signals}</text>
              </g>
            );
          })}
        </svg>
      </div>
    </div>
  );
}

function useSnapshot(
  root: React.RefObject<HTMLDivElement | null>,
  project: string,
  hotspots: Hotspots,
): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  const { snapshot } = hotspots;
  useEffect(() => {
    const element = root.current;
    if (!snapshot || !element) return;
    let stage: Stage | null = null;
    const recording = new Recording((signal) => api.recording(project, snapshot.session_id, signal));
    const show = () => {
      if (recording.state !== "complete" || stage) return;
      const windows = recording.playable().filter((each) => each.events.length > 1);
      const window =
        windows.find((each) => each.from_ms <= snapshot.at_ms && snapshot.at_ms <= each.to_ms) ?? windows[0];
      if (!window) return;
      stage = new Stage(element, window, { onSize: setSize, onRunOut: () => {}, onFrame: () => {} }, true);
      stage.show(snapshot.at_ms);
    };
    recording.subscribe(show);
    return () => {
      recording.close();
      stage?.destroy();
    };
  }, [root, project, snapshot]);
  return size;
}
