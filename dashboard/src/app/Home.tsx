/** The address without a project: goes to the first one. */

import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { meQuery } from "../api/queries";
import { FailureNote } from "../parts/Notes";
import { useSignInRedirect } from "./useSignInRedirect";

/** Sends the caller to the project that was looked at last, or the first. */
export function Home() {
  const me = useQuery(meQuery);
  useSignInRedirect(me.error);
  if (me.data) {
    const known = me.data.projects.map((each) => each.project_id);
    const last = localStorage.getItem("tf-project") ?? "";
    const project = known.includes(last) ? last : (known[0] ?? "default");
    return <Navigate to={`/p/${encodeURIComponent(project)}/sessions`} replace />;
  }
  return me.error ? <FailureNote error={me.error} onRetry={() => void me.refetch()} /> : null;
}
