/** The insight: what an analysis concluded, each finding leading to the moment that it cites. */

import { Button, Skeleton, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import type { Evidence, Finding, InsightEntry } from "../../api/documents";
import { insightsQuery } from "../../api/queries";
import { clock } from "../../logic/format";
import { KindBadge } from "../../parts/KindBadge";
import { MaskedText } from "../../parts/MaskedText";
import { FailureNote, Note } from "../../parts/Notes";
import type { PanelProps } from "./Panels";
import classes from "./session.module.css";

const LEAD_MS = 1500;
// An analysis by rules takes seconds, one by a model longer: asked again until then.
const POLL_MS = 3000;

/** Shows the latest insight, or offers to make one. */
export function InsightPanel({ project, id, player, fromMs }: PanelProps) {
  const client = useQueryClient();
  const [isAwaited, setAwaited] = useState(false);
  const insights = useQuery({
    ...insightsQuery(project, id),
    refetchInterval: (query) => (isAwaited && !query.state.data?.items.length ? POLL_MS : false),
  });
  const analyze = useMutation({
    mutationFn: () => api.analyze(project, id),
    onSuccess: () => {
      setAwaited(true);
      return client.invalidateQueries({ queryKey: insightsQuery(project, id).queryKey });
    },
  });
  if (insights.error && !insights.data) {
    return <FailureNote error={insights.error} onRetry={() => void insights.refetch()} />;
  }
  if (!insights.data) {
    return (
      <Stack gap="sm" p="md">
        <Skeleton h={64} />
        <Skeleton h={52} />
        <Skeleton h={52} />
      </Stack>
    );
  }
  const latest = insights.data.items[0];
  if (!latest) {
    return (
      <Note title="Not analysed yet" icon={<IconSparkles size={22} stroke={1.6} />}>
        <Text c="dimmed" size="sm">
          Sessions with enough frustration or an error are analysed when they close. This one can be analysed
          now.
        </Text>
        <Button size="xs" mt="xs" loading={analyze.isPending || isAwaited} onClick={() => analyze.mutate()}>
          Analyse this session
        </Button>
        {analyze.error && (
          <Text c="red" size="sm" role="alert">
            {analyze.error.message}
          </Text>
        )}
      </Note>
    );
  }
  return <Insight insight={latest} fromMs={fromMs} onSeek={(atMs) => player?.seek(atMs - LEAD_MS)} />;
}

interface InsightProps {
  insight: InsightEntry;
  fromMs: number;
  onSeek: (atMs: number) => void;
}

function Insight({ insight, fromMs, onSeek }: InsightProps) {
  const rejected = Object.values(insight.rejected ?? {}).reduce((sum, each) => sum + each, 0);
  return (
    <div className={classes.insight}>
      <Text size="sm" className={classes.summary ?? ""}>
        <MaskedText value={insight.summary} />
      </Text>
      <ol className={classes.findings}>
        {insight.findings.map((finding) => (
          <FindingRow key={finding.kind + finding.text} finding={finding} fromMs={fromMs} onSeek={onSeek} />
        ))}
      </ol>
      <Text size="xs" c="dimmed">
        By {insight.provider === insight.model ? insight.provider : `${insight.provider}, ${insight.model}`}.
        Every finding cites recorded events
        {rejected > 0 ? `; ${rejected} without evidence left out.` : "."}
      </Text>
    </div>
  );
}

function FindingRow({
  finding,
  fromMs,
  onSeek,
}: {
  finding: Finding;
  fromMs: number;
  onSeek: (atMs: number) => void;
}) {
  const first = finding.evidence[0];
  return (
    <li className={classes.finding}>
      <UnstyledButton
        className={classes.findingMain ?? ""}
        disabled={!first}
        onClick={() => first && onSeek(first.at_ms)}
      >
        <KindBadge kind={finding.kind} />
        <span className={classes.findingText}>
          <MaskedText value={finding.text} />
        </span>
      </UnstyledButton>
      <span className={classes.cites}>
        {moments(finding.evidence).map((each) => (
          <button
            type="button"
            key={`${each.window_id}-${each.segment_id}-${each.event_index}`}
            className={`${classes.cite} tf-num`}
            title={`Window ${each.window_id}, segment ${each.segment_id}, event ${each.event_index}`}
            aria-label={`Go to ${clock(each.at_ms - fromMs)}`}
            onClick={() => onSeek(each.at_ms)}
          >
            {clock(each.at_ms - fromMs)}
          </button>
        ))}
      </span>
    </li>
  );
}

// Three clicks within a second are one moment to watch.
function moments(evidence: Evidence[]): Evidence[] {
  return evidence.filter((each, index) => {
    const before = evidence[index - 1];
    return !before || before.window_id !== each.window_id || Math.abs(each.at_ms - before.at_ms) >= 1000;
  });
}
