/** What react-query keeps: one description per document, so that loaders and pages share the cache. */

import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import { type Filters, toApiQuery } from "../logic/filters";
import { ApiError, api, me } from "./client";

/** How many sessions a page of the list holds. */
export const PAGE_SIZE = 50;

function isWorthRetrying(failures: number, error: Error): boolean {
  const isOurs = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return !isOurs && failures < 2;
}

/** The cache of this page. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 15_000, retry: isWorthRetrying, refetchOnWindowFocus: false },
  },
});

/** Who is signed in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => me(signal),
  staleTime: 5 * 60_000,
});

/** The list, page after page by keyset. */
export function sessionsQuery(project: string, filters: Filters) {
  return infiniteQueryOptions({
    queryKey: ["sessions", project, filters],
    queryFn: ({ signal, pageParam }) => {
      const query = toApiQuery(filters, Date.now());
      query.set("limit", String(PAGE_SIZE));
      if (pageParam) query.set("cursor", pageParam);
      return api.sessions(project, query, signal);
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** What the filter menus offer under the filters that are set. */
export function facetsQuery(project: string, filters: Filters) {
  return queryOptions({
    queryKey: ["facets", project, filters],
    queryFn: ({ signal }) => api.facets(project, toApiQuery(filters, Date.now()), signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** A session's own page. */
export function sessionQuery(project: string, id: string) {
  return queryOptions({
    queryKey: ["session", project, id],
    queryFn: ({ signal }) => api.session(project, id, signal),
  });
}

/** A session's signals. */
export function signalsQuery(project: string, id: string) {
  return queryOptions({
    queryKey: ["signals", project, id],
    queryFn: ({ signal }) => api.signals(project, id, signal),
  });
}

/** A session's insights. */
export function insightsQuery(project: string, id: string) {
  return queryOptions({
    queryKey: ["insights", project, id],
    queryFn: ({ signal }) => api.insights(project, id, signal),
  });
}

/** A project at a glance, over the last so many milliseconds. */
export function overviewQuery(project: string, rangeMs: number | null) {
  return queryOptions({
    queryKey: ["overview", project, rangeMs],
    queryFn: ({ signal }) => api.overview(project, span(rangeMs), signal),
    placeholderData: keepPreviousData,
  });
}

/** Rage clicks on one page. */
export function hotspotsQuery(project: string, page: string, rangeMs: number | null) {
  return queryOptions({
    queryKey: ["hotspots", project, page, rangeMs],
    queryFn: ({ signal }) => {
      const query = span(rangeMs);
      query.set("page", page);
      return api.hotspots(project, query, signal);
    },
  });
}

/** The saved views of a project. */
export function viewsQuery(project: string) {
  return queryOptions({
    queryKey: ["views", project],
    queryFn: ({ signal }) => api.views(project, signal),
    retry: false,
  });
}

/** The keys of a project. */
export function keysQuery(project: string) {
  return queryOptions({ queryKey: ["keys", project], queryFn: ({ signal }) => api.keys(project, signal) });
}

/** How the stack is, asked again every few seconds. */
export function systemQuery(project: string) {
  return queryOptions({
    queryKey: ["system", project],
    queryFn: ({ signal }) => api.system(project, signal),
    refetchInterval: 5000,
  });
}

/** How segments ended. */
export function ledgerQuery(project: string) {
  return queryOptions({
    queryKey: ["ledger", project],
    queryFn: ({ signal }) => api.ledger(project, signal),
    refetchInterval: 5000,
  });
}

function span(rangeMs: number | null): URLSearchParams {
  const query = new URLSearchParams();
  if (rangeMs !== null) {
    const now = Date.now();
    query.set("from_ms", String(now - rangeMs));
    query.set("to_ms", String(now));
  }
  return query;
}
