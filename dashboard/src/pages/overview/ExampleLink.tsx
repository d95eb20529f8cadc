/** The way from a figure to a moment that it is made of. */

import { IconPlayerPlay } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { Example } from "../../api/documents";
import { sessionQuery } from "../../api/queries";
import classes from "./overview.module.css";

const LEAD_MS = 1500;

/** Opens the session where it happened. */
export function ExampleLink({ project, example }: { project: string; example: Example | null }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  if (!example) return null;
  const to = `/p/${project}/sessions/${encodeURIComponent(example.session_id)}`;
  const open = async () => {
    // The player's links count from the session's start, which only its own document tells.
    const session = await client.fetchQuery(sessionQuery(project, example.session_id)).catch(() => null);
    const from = session?.started_at_ms ?? example.at_ms;
    await navigate(`${to}?t=${Math.max(0, example.at_ms - from - LEAD_MS)}`);
  };
  return (
    <a
      href={to}
      className={classes.example}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        void open();
      }}
    >
      <IconPlayerPlay size={13} aria-hidden /> Watch
    </a>
  );
}
