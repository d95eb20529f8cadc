/** A project at a glance: frustration over time, what goes wrong where, and how often. */

import { Group, NativeSelect, Skeleton, Text, Title } from "@mantine/core";
import { IconChartHistogram } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import type { Overview } from "../../api/documents";
import { overviewQuery } from "../../api/queries";
import { useProject } from "../../app/useProject";
import { useSignInRedirect } from "../../app/useSignInRedirect";
import { count, counted, percent, score } from "../../logic/format";
import { FailureNote, Note } from "../../parts/Notes";
import { Section } from "../../parts/Section";
import { ErrorTable } from "./ErrorTable";
import { FrustrationChart } from "./FrustrationChart";
import classes from "./overview.module.css";
import { ProblemTable } from "./ProblemTable";

// The hot spots need the player; the figures above do not wait for it.
const HotspotMap = lazy(() => import("./HotspotMap"));

const DAY_MS = 86_400_000;
const RANGES = [
  { value: "1", label: "Last 24 hours" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "", label: "All time" },
];

/** Shows the overview of the project over the chosen time. */
export function Component() {
  const project = useProject();
  const [search, setSearch] = useSearchParams();
  const days = search.get("days") ?? "30";
  const rangeMs = Number(days) > 0 ? Number(days) * DAY_MS : null;
  const overview = useQuery(overviewQuery(project, rangeMs));
  useSignInRedirect(overview.error);
  return (
    <div className={classes.page}>
      <title>Overview · TraceFlow</title>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Overview
        </Title>
        <NativeSelect
          size="xs"
          w={150}
          aria-label="Time"
          data={RANGES}
          value={days}
          onChange={(event) => setSearch({ days: event.currentTarget.value })}
        />
      </Group>
      {overview.error && !overview.data ? (
        <FailureNote error={overview.error} onRetry={() => void overview.refetch()} />
      ) : overview.data ? (
        <Figures
          project={project}
          overview={overview.data}
          rangeMs={rangeMs}
          isStale={overview.isPlaceholderData}
        />
      ) : (
        <Waiting />
      )}
    </div>
  );
}

interface FiguresProps {
  project: string;
  overview: Overview;
  rangeMs: number | null;
  isStale: boolean;
}

function Figures({ project, overview, rangeMs, isStale }: FiguresProps) {
  const { sessions } = overview;
  const pages = useMemo(
    () => [
      ...new Set(
        overview.problems.flatMap((each) => (each.kind === "rage_click" && each.page ? [each.page] : [])),
      ),
    ],
    [overview],
  );
  const [picked, setPicked] = useState<string | null>(null);
  const page = picked && pages.includes(picked) ? picked : (pages[0] ?? null);
  if (sessions === 0) {
    return (
      <Note title="No sessions in this time" icon={<IconChartHistogram size={22} stroke={1.6} />}>
        Choose a longer time, or wait for the first visit.
      </Note>
    );
  }
  const sample = `of ${counted(sessions, "session")}`;
  return (
    <div className={classes.parts} data-stale={isStale || undefined}>
      <div className={classes.tiles}>
        <Tile label="Sessions" value={count(sessions)} note="in this time" />
        <Tile
          label="With signals"
          value={percent(overview.sessions_with_signals / sessions)}
          note={`${count(overview.sessions_with_signals)} ${sample}`}
        />
        <Tile
          label="Median frustration"
          value={score(overview.median_score)}
          note={`of 100, ${counted(sessions, "session")}`}
        />
        <Tile
          label="Error groups"
          value={count(overview.errors.length)}
          note={`${counted(
            overview.errors.reduce((sum, each) => sum + each.events, 0),
            "event",
          )}`}
        />
      </div>
      <Section
        title="Frustration over time"
        note={`Mean and 90th percentile of the scores, ${counted(sessions, "session")}, UTC`}
      >
        <FrustrationChart buckets={overview.frustration} bucketMs={overview.bucket_ms} />
      </Section>
      <Section title="Problems by page and element" note={`The most widespread first, ${sample}`}>
        <ProblemTable project={project} problems={overview.problems} sessions={sessions} />
      </Section>
      <Section title="Errors" note="Grouped by kind and place, the most widespread first">
        <ErrorTable project={project} errors={overview.errors} sessions={sessions} />
      </Section>
      <Section
        title="Rage-click hot spots"
        note="Where visitors lost patience, on a picture of the page"
        aside={
          page && (
            <NativeSelect
              size="xs"
              maw={320}
              aria-label="Page"
              data={pages}
              value={page}
              onChange={(event) => setPicked(event.currentTarget.value)}
            />
          )
        }
      >
        {page ? (
          <Suspense fallback={<Skeleton h={420} />}>
            <HotspotMap key={page} project={project} page={page} rangeMs={rangeMs} />
          </Suspense>
        ) : (
          <Text size="sm" c="dimmed">
            No rage clicks in this time.
          </Text>
        )}
      </Section>
    </div>
  );
}

function Tile({ label, value, note }: { label: string; value: string; note: string }) {
  return (
    <div className={classes.tile}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <div className={`${classes.figure} tf-num`}>{value}</div>
      <Text size="xs" c="dimmed">
        {note}
      </Text>
    </div>
  );
}

function Waiting() {
  return (
    <div className={classes.parts} aria-busy="true">
      <div className={classes.tiles}>
        {["a", "b", "c", "d"].map((key) => (
          <Skeleton key={key} h={102} radius="md" />
        ))}
      </div>
      <Skeleton h={290} radius="md" />
      <Skeleton h={300} radius="md" />
    </div>
  );
}
