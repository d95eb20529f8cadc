/** The list of sessions. */

import { Button, Group, Skeleton, Switch, Text, Title } from "@mantine/core";
import { IconFilterOff, IconPlayerPlay } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { useProject } from "../../app/useProject";
import { useSignInRedirect } from "../../app/useSignInRedirect";
import { type Filters, fromSearch, isNarrowed, NO_FILTERS, toSearch, withSort } from "../../logic/filters";
import { FailureNote, Note } from "../../parts/Notes";
import { FilterBar } from "./FilterBar";
import { SessionTable } from "./SessionTable";
import classes from "./sessions.module.css";
import { useSessions } from "./useSessions";

// What opens over the page is heavy, and waits until the list is drawn.
const ViewsMenu = lazy(() => import("./ViewsMenu"));

/** Lists the sessions that the address bar asks for. */
export function Component() {
  const project = useProject();
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => fromSearch(search), [search]);
  const setFilters = useCallback(
    (next: Filters) => setSearch(toSearch(next), { preventScrollReset: true }),
    [setSearch],
  );
  const [isLive, setLive] = useState(true);
  const { query, items, isConnected } = useSessions(project, filters, isLive);
  useSignInRedirect(query.error);
  useEffect(() => (query.data ? preloadPlayer() : undefined), [query.data]);
  return (
    <div className={classes.page}>
      <title>Sessions · TraceFlow</title>
      <Group justify="space-between" wrap="nowrap">
        <Title order={1} size="h3">
          Sessions
        </Title>
        <Group gap="md" wrap="nowrap">
          <Switch
            size="sm"
            label={isLive && !isConnected ? "Connecting…" : "Live"}
            checked={isLive}
            onChange={(event) => setLive(event.currentTarget.checked)}
            color={isConnected ? "teal" : "gray"}
          />
          <Suspense fallback={<Skeleton w={104} h={30} />}>
            <ViewsMenu project={project} filters={filters} onPick={(view) => setSearch(view)} />
          </Suspense>
        </Group>
      </Group>
      <FilterBar project={project} filters={filters} onChange={setFilters} />
      {query.error && !query.data ? (
        <FailureNote error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data && items.length === 0 ? (
        <Nothing filters={filters} onClear={() => setFilters(NO_FILTERS)} />
      ) : (
        <>
          <SessionTable
            project={project}
            items={query.data ? items : null}
            filters={filters}
            isStale={query.isPlaceholderData}
            onSort={(sort) => setFilters(withSort(filters, sort))}
            onEnd={() => {
              if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
            }}
          />
          <Foot
            shown={items.length}
            hasMore={query.hasNextPage}
            isLoading={query.isFetchingNextPage}
            onMore={() => void query.fetchNextPage()}
          />
        </>
      )}
    </div>
  );
}

// Once the list stands, what a click on it needs is fetched while nothing else is to be done.
function preloadPlayer(): () => void {
  if (typeof requestIdleCallback !== "function") return () => {};
  const waiting = requestIdleCallback(() => void import("../session/SessionPage"));
  return () => cancelIdleCallback(waiting);
}

interface FootProps {
  shown: number;
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
}

function Foot({ shown, hasMore, isLoading, onMore }: FootProps) {
  if (shown === 0) return <Skeleton h={20} w={160} mx="auto" />;
  return (
    <Group justify="center" gap="md">
      <Text size="sm" c="dimmed" className="tf-num" role="status">
        {hasMore ? `${shown} shown` : `All ${shown} shown`}
      </Text>
      {hasMore && (
        <Button variant="default" size="xs" loading={isLoading} onClick={onMore}>
          Show more
        </Button>
      )}
      <Text size="xs" c="dimmed" visibleFrom="md">
        <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> opens · <kbd>/</kbd> searches
      </Text>
    </Group>
  );
}

function Nothing({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  if (isNarrowed(filters)) {
    return (
      <Note title="No session matches" icon={<IconFilterOff size={22} stroke={1.6} />}>
        <Text c="dimmed" size="sm">
          Nothing recorded so far fits these filters.
        </Text>
        <Button variant="default" size="xs" mt="xs" onClick={onClear}>
          Clear filters
        </Button>
      </Note>
    );
  }
  return (
    <Note title="No sessions yet" icon={<IconPlayerPlay size={22} stroke={1.6} />}>
      <Text c="dimmed" size="sm">
        Put this into a page of yours, with an ingest key from Settings. A visit shows up here within seconds.
      </Text>
      <pre className={classes.snippet}>
        {`<script async src="${location.origin}/ingest/v1/sdk.js"\n  data-key="tf_ingest_…"></script>`}
      </pre>
    </Note>
  );
}
