/** A session's own page: the player, its timeline, and what is known beside it. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { insightsQuery, sessionQuery, signalsQuery } from "../../api/queries";
import { useProject } from "../../app/useProject";
import { useSignInRedirect } from "../../app/useSignInRedirect";
import { FailureNote } from "../../parts/Notes";
import { lead, markersOf, nextSignal } from "../../recording/markers";
import { openedRecording, openRecording } from "../../recording/opened";
import type { Player } from "../../recording/player";
import { Controls } from "./Controls";
import { usePlayerKeys, useVersion } from "./hooks";
import { Panels } from "./Panels";
import { PlayerView } from "./PlayerView";
import { SessionHead } from "./SessionHead";
import classes from "./session.module.css";
import { Timeline } from "./Timeline";

/** Shows the session that the address names. */
export function Component() {
  const project = useProject();
  const id = useParams().id ?? "";
  const [generation, setGeneration] = useState(0);
  const client = useQueryClient();
  const reload = () => {
    openRecording(project, id);
    for (const query of [sessionQuery, signalsQuery, insightsQuery]) {
      void client.invalidateQueries({ queryKey: query(project, id).queryKey });
    }
    setGeneration((last) => last + 1);
  };
  return <Session key={`${project}/${id}/${generation}`} project={project} id={id} onReload={reload} />;
}

interface SessionProps {
  project: string;
  id: string;
  onReload: () => void;
}

function Session({ project, id, onReload }: SessionProps) {
  const [search, setSearch] = useSearchParams();
  const [recording] = useState(() => openedRecording(project, id));
  const version = useVersion(recording);
  const session = useQuery(sessionQuery(project, id));
  const signals = useQuery(signalsQuery(project, id));
  const [player, setPlayer] = useState<Player | null>(null);
  const frame = useRef<HTMLElement>(null);
  useSignInRedirect(session.error);

  const extent = recording.extent();
  const from = session.data?.started_at_ms ?? extent?.from_ms ?? 0;
  const to = Math.max(session.data?.ended_at_ms ?? 0, extent?.to_ms ?? 0, from);
  const known = useMemo(() => signals.data?.items ?? [], [signals.data]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: entries grow in place; version says when.
  const markers = useMemo(() => markersOf(known, recording.entries), [known, recording, version]);

  const next = () => {
    const signal = player ? nextSignal(known, player.at_ms) : null;
    if (signal) player?.seek(lead(signal));
  };
  const fullScreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void frame.current?.requestFullscreen();
  };
  usePlayerKeys(player, { onNext: next, onFullScreen: fullScreen });

  if (session.error && !session.data) {
    return <FailureNote error={session.error} onRetry={() => void session.refetch()} />;
  }
  const startAt = Number(search.get("t"));
  return (
    <div className={classes.page}>
      <title>{`Session ${id} · TraceFlow`}</title>
      <SessionHead
        project={project}
        id={id}
        session={session.data ?? null}
        onReload={onReload}
        linkAt={() => Math.max(0, Math.round((player?.at_ms ?? from) - from))}
      />
      <div className={classes.columns}>
        <section className={classes.player} ref={frame} aria-label="Player">
          <PlayerView
            recording={recording}
            player={player}
            onPlayer={setPlayer}
            startAtMs={search.has("t") && Number.isFinite(startAt) ? startAt : null}
            onRetry={onReload}
          />
          <div className={classes.deck}>
            <Timeline player={player} markers={markers} fromMs={from} toMs={to} version={version} />
            <Controls
              player={player}
              recording={recording}
              fromMs={from}
              toMs={to}
              signals={known}
              onNext={next}
              onFullScreen={fullScreen}
            />
          </div>
        </section>
        <Panels
          project={project}
          id={id}
          recording={recording}
          player={player}
          session={session.data ?? null}
          signals={signals}
          fromMs={from}
          toMs={to}
          panel={search.get("panel") ?? "insight"}
          onPanel={(panel) => {
            search.set("panel", panel);
            setSearch(search, { replace: true, preventScrollReset: true });
          }}
        />
      </div>
    </div>
  );
}
