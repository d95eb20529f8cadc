/** The routes. Each page is a chunk of its own, and its data is asked for while the chunk still loads. */

import { createBrowserRouter, type LoaderFunctionArgs, type RouteObject, redirect } from "react-router";
import { insightsQuery, queryClient, sessionQuery, sessionsQuery, signalsQuery } from "../api/queries";
import { fromSearch } from "../logic/filters";
import { takeRecording } from "../recording/opened";
import { Home } from "./Home";
import { PageError } from "./PageError";
import { PageSkeleton } from "./PageSkeleton";
import { Shell } from "./Shell";

function loadSessions({ params, request }: LoaderFunctionArgs): null {
  const filters = fromSearch(new URL(request.url).searchParams);
  void queryClient.prefetchInfiniteQuery(sessionsQuery(params.project ?? "", filters));
  return null;
}

function loadSession({ params }: LoaderFunctionArgs): null {
  const project = params.project ?? "";
  const id = params.id ?? "";
  takeRecording(project, id);
  void queryClient.prefetchQuery(sessionQuery(project, id));
  void queryClient.prefetchQuery(signalsQuery(project, id));
  void queryClient.prefetchQuery(insightsQuery(project, id));
  return null;
}

const ROUTES: RouteObject[] = [
  {
    path: "/sign-in",
    HydrateFallback: Blank,
    ErrorBoundary: PageError,
    lazy: () => import("../pages/sign-in/SignInPage"),
  },
  { path: "/", Component: Home, ErrorBoundary: PageError },
  {
    path: "/p/:project",
    Component: Shell,
    ErrorBoundary: PageError,
    children: [
      { index: true, loader: ({ params }) => redirect(`/p/${params.project}/sessions`) },
      {
        path: "sessions",
        loader: loadSessions,
        shouldRevalidate: () => false,
        HydrateFallback: PageSkeleton,
        ErrorBoundary: PageError,
        lazy: () => import("../pages/sessions/SessionsPage"),
      },
      {
        path: "sessions/:id",
        loader: loadSession,
        shouldRevalidate: ({ currentParams, nextParams }) => currentParams.id !== nextParams.id,
        HydrateFallback: PageSkeleton,
        ErrorBoundary: PageError,
        lazy: () => import("../pages/session/SessionPage"),
      },
      {
        path: "overview",
        HydrateFallback: PageSkeleton,
        ErrorBoundary: PageError,
        lazy: () => import("../pages/overview/OverviewPage"),
      },
      {
        path: "settings/:tab?",
        HydrateFallback: PageSkeleton,
        ErrorBoundary: PageError,
        lazy: () => import("../pages/settings/SettingsPage"),
      },
    ],
  },
  { path: "*", Component: Home, ErrorBoundary: PageError },
];

/** Make the router of the whole page; it begins to load at once. */
export function createRouter() {
  return createBrowserRouter(ROUTES);
}

function Blank() {
  return null;
}
