/** The frustration score with its parts, and the signals behind it. */

import { Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconMoodSmile } from "@tabler/icons-react";
import type { SessionDocument, SignalEntry } from "../../api/documents";
import { clock, counted, pagePath, score } from "../../logic/format";
import { kindOf, levelOf } from "../../logic/signals";
import { KindBadge } from "../../parts/KindBadge";
import { FailureNote, Note } from "../../parts/Notes";
import { lead } from "../../recording/markers";
import type { Player } from "../../recording/player";
import { useClock } from "./hooks";
import type { PanelProps } from "./Panels";
import classes from "./session.module.css";

/** Shows why the score is what it is. */
export function SignalsPanel({ session, signals, player, fromMs }: PanelProps) {
  if (signals.error && !signals.data) {
    return <FailureNote error={signals.error} onRetry={() => void signals.refetch()} />;
  }
  if (!signals.data) {
    return (
      <Stack gap="sm" p="md">
        <Skeleton h={72} />
        <Skeleton h={44} />
        <Skeleton h={44} />
      </Stack>
    );
  }
  return (
    <>
      {session && <Parts session={session} />}
      {signals.data.items.length === 0 ? (
        <Note title="No signal" color="teal" icon={<IconMoodSmile size={22} stroke={1.6} />}>
          Nothing in this session looks like struggle.
        </Note>
      ) : (
        <ul className={classes.rows}>
          {signals.data.items.map((signal) => (
            <li key={signal.signal_id}>
              <button type="button" className={classes.rowButton} onClick={() => player?.seek(lead(signal))}>
                <span className={`${classes.rowTime} tf-num`}>{clock(signal.at_ms - fromMs)}</span>
                <span className={classes.rowBody}>
                  <KindBadge kind={signal.kind} />
                  <Where signal={signal} />
                  <span className={classes.rowDetail}>{signal.reason}</span>
                </span>
                {player && <Mark player={player} signal={signal} fromMs={fromMs} />}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Where({ signal }: { signal: SignalEntry }) {
  if (!signal.element && !signal.page) return null;
  return (
    <span className={classes.rowDetail}>
      {signal.element && <span className="tf-mono">{signal.element}</span>}
      {signal.page && ` on ${pagePath(signal.page)}`}
    </span>
  );
}

interface MarkProps {
  player: Player;
  signal: SignalEntry;
  fromMs: number;
}

function Mark({ player, signal, fromMs }: MarkProps) {
  const at = useClock(player, fromMs);
  const isNow = at >= lead(signal) && at <= signal.at_ms + 1000;
  return isNow ? <span className={classes.now}>now</span> : null;
}

function Parts({ session }: { session: SessionDocument }) {
  const { score: total, parts } = session.frustration;
  const sum = parts.reduce((all, part) => all + part.points, 0);
  return (
    <div className={classes.parts}>
      <div className={classes.partsHead}>
        <Title order={2} size="h6">
          Frustration
        </Title>
        <Text size="sm" c="dimmed">
          <b className={`${classes.big} tf-num`}>{score(total)}</b> of 100 ·{" "}
          {levelOf(total).label.toLowerCase()}
        </Text>
      </div>
      <div className={classes.stack} aria-hidden>
        {parts.map((part) => (
          <span
            key={part.kind}
            style={{
              width: `${(part.points / Math.max(100, sum)) * 100}%`,
              background: `var(--mantine-color-${kindOf(part.kind).color}-6)`,
            }}
          />
        ))}
      </div>
      {parts.map((part) => (
        <div key={part.kind} className={classes.part}>
          <KindBadge kind={part.kind} />
          <span className={`${classes.rowDetail} tf-num`}>
            {counted(part.count, "time")} · {score(part.points)} points
          </span>
        </div>
      ))}
      {sum > total && (
        <Text size="xs" c="dimmed">
          {score(sum)} points in all; the score ends at 100.
        </Text>
      )}
    </div>
  );
}
