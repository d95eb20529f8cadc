/** The network waterfall. */

import { Group, Switch, Text } from "@mantine/core";
import { IconNetworkOff } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { bytes, clock, counted, duration, pagePath } from "../../logic/format";
import { MaskedText } from "../../parts/MaskedText";
import { Note } from "../../parts/Notes";
import { type Bar, waterfallOf } from "../../recording/waterfall";
import { useVersion } from "./hooks";
import type { PanelProps } from "./Panels";
import classes from "./session.module.css";
import { VirtualRows } from "./VirtualRows";

const ROW_PX = 40;

/** Shows the requests that the page made, each where it lay in the session. */
export function NetworkPanel({ recording, player, fromMs, toMs }: PanelProps) {
  const version = useVersion(recording);
  const [isFailedOnly, setFailedOnly] = useState(false);
  const bars = useMemo(
    () => (version >= 0 ? waterfallOf(recording.entries, fromMs, toMs) : []),
    [recording, version, fromMs, toMs],
  );
  if (bars.length === 0) {
    return (
      <Note title="No requests" icon={<IconNetworkOff size={22} stroke={1.6} />}>
        No request of this session was recorded.
      </Note>
    );
  }
  const failed = bars.filter((bar) => bar.request.has_failed);
  return (
    <div className={classes.listPanel}>
      <Group gap="md" p="xs" className={classes.tools ?? ""}>
        <Text size="sm" c="dimmed" className="tf-num">
          {counted(bars.length, "request")}, {failed.length} failed
        </Text>
        <Switch
          size="xs"
          ml="auto"
          label="Failed only"
          checked={isFailedOnly}
          onChange={(event) => setFailedOnly(event.currentTarget.checked)}
        />
      </Group>
      <VirtualRows
        items={isFailedOnly ? failed : bars}
        rowHeight={ROW_PX}
        label="Requests"
        current={-1}
        render={(bar) => (
          <RequestRow
            bar={bar}
            fromMs={fromMs}
            onSeek={() => player?.seek(bar.request.started_at_ms - 500)}
          />
        )}
      />
    </div>
  );
}

function RequestRow({ bar, fromMs, onSeek }: { bar: Bar; fromMs: number; onSeek: () => void }) {
  const { request } = bar;
  return (
    <button
      type="button"
      className={classes.request}
      data-failed={request.has_failed || undefined}
      onClick={onSeek}
      title={request.url}
    >
      <span className={classes.requestLine}>
        <span className={`${classes.rowTime} tf-num`}>{clock(request.started_at_ms - fromMs)}</span>
        <span className={classes.method}>{request.method}</span>
        <span className={classes.requestPath}>
          <MaskedText value={pagePath(request.url)} />
        </span>
        <span className={`${classes.status} tf-num`}>{request.status ?? "–"}</span>
        <span className={`${classes.requestTime} tf-num`}>{duration(request.duration_ms)}</span>
        <span className={`${classes.requestSize} tf-num`}>{bytes(request.bytes)}</span>
      </span>
      <span className={classes.lane} aria-hidden>
        <span style={{ left: `${bar.left * 100}%`, width: `max(3px, ${bar.width * 100}%)` }} />
      </span>
    </button>
  );
}
