/** The list's data: pages by keyset, kept current by the stream of notices. */

import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api } from "../../api/client";
import type { SessionItem, SessionList } from "../../api/documents";
import { PAGE_SIZE, sessionsQuery } from "../../api/queries";
import { type Filters, toApiQuery } from "../../logic/filters";
import { joinPages, mergeFirstPage } from "../../logic/live";
import { holdStream } from "../../logic/live_stream";

// Many notices make one request: figures of a running session change with every segment.
const GATHER_MS = 1500;

/** The sessions listed, and what the page can do with them. */
export function useSessions(project: string, filters: Filters, isLive: boolean) {
  const query = useInfiniteQuery(sessionsQuery(project, filters));
  const isConnected = useLiveFirstPage(project, filters, isLive);
  const pages = query.data?.pages;
  const items = useMemo(() => joinPages((pages ?? []).map((page) => page.items)), [pages]);
  return { query, items, isConnected };
}

function useLiveFirstPage(project: string, filters: Filters, isLive: boolean): boolean {
  const client = useQueryClient();
  const [isConnected, setConnected] = useState(false);
  useEffect(() => {
    if (!isLive) return;
    const { queryKey } = sessionsQuery(project, filters);
    let timer: ReturnType<typeof setTimeout> | null = null;
    const refresh = async () => {
      timer = null;
      const asked = toApiQuery(filters, Date.now());
      asked.set("limit", String(PAGE_SIZE));
      const fresh = await api.sessions(project, asked).catch(() => null);
      if (!fresh) return;
      client.setQueryData<InfiniteData<SessionList, string>>(queryKey, (shown) =>
        merged(shown, fresh, filters),
      );
    };
    const gather = () => {
      timer ??= setTimeout(() => void refresh(), GATHER_MS);
    };
    const open = () => new EventSource(api.streamAddress(project));
    const stop = holdStream(open, ["session", "signal"], { onNews: gather, onConnected: setConnected });
    return () => {
      stop();
      if (timer) clearTimeout(timer);
    };
  }, [client, project, filters, isLive]);
  return isConnected;
}

function merged(
  shown: InfiniteData<SessionList, string> | undefined,
  fresh: SessionList,
  filters: Filters,
): InfiniteData<SessionList, string> | undefined {
  const first = shown?.pages[0];
  if (!shown || !first) return shown;
  if (shown.pages.length === 1) return { ...shown, pages: [fresh] };
  const items: SessionItem[] = mergeFirstPage(first.items, fresh.items, filters.sort, filters.order);
  return { ...shown, pages: [{ ...first, items }, ...shown.pages.slice(1)] };
}
