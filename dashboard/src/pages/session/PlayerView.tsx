/** The stage: the recorded page, and what lies over it while there is nothing to see yet. */

import { Button, Loader, NativeSelect, Text } from "@mantine/core";
import { IconPlayerPlayFilled, IconPlayerSkipForward } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { duration } from "../../logic/format";
import { Player } from "../../recording/player";
import type { Recording } from "../../recording/recording";
import { usePlayerState, useVersion } from "./hooks";
import classes from "./session.module.css";
import "@rrweb/replay/dist/style.css";

interface ViewProps {
  recording: Recording;
  player: Player | null;
  onPlayer: (player: Player | null) => void;
  /** Where to begin, in milliseconds since the session began. */
  startAtMs: number | null;
  onRetry: () => void;
}

/** Builds the player and shows its picture. */
export function PlayerView({ recording, player, onPlayer, startAtMs, onRetry }: ViewProps) {
  const root = useRef<HTMLDivElement>(null);
  const start = useRef(startAtMs);
  useEffect(() => {
    if (!root.current) return;
    const built = new Player(root.current, recording, start.current);
    onPlayer(built);
    return () => {
      built.destroy();
      onPlayer(null);
    };
  }, [recording, onPlayer]);
  return (
    <div className={classes.stage}>
      <div className={classes.stageRoot} ref={root} />
      {player && <Overlay recording={recording} player={player} onRetry={onRetry} />}
      {player && <Windows recording={recording} player={player} />}
    </div>
  );
}

interface OverlayProps {
  recording: Recording;
  player: Player;
  onRetry: () => void;
}

function Overlay({ recording, player, onRetry }: OverlayProps) {
  useVersion(recording);
  const state = usePlayerState(player);
  const isEmpty = recording.state !== "loading" && recording.playable().length === 0;
  if (recording.state === "failed") {
    return (
      <div className={classes.veil} role="alert">
        <Text fw={600}>The recording did not come whole</Text>
        <Text size="sm" c="dimmed">
          {recording.error?.message}
        </Text>
        <Button size="xs" variant="default" onClick={onRetry}>
          Load again
        </Button>
      </div>
    );
  }
  if (isEmpty) {
    return (
      <div className={classes.veil}>
        <Text fw={600}>Nothing to play</Text>
        <Text size="sm" c="dimmed" maw={360} ta="center">
          {recording.events === 0
            ? "No event of this session is stored."
            : "No full snapshot of a page has come, so that there is no picture. The panels show what has."}
        </Text>
      </div>
    );
  }
  return (
    <>
      {(!state.has_frame || state.is_waiting) && (
        <div className={classes.waiting} role="status">
          <Loader size={16} /> Loading the recording
        </div>
      )}
      {state.has_frame && (
        <button
          type="button"
          className={classes.playOver}
          data-playing={state.is_playing || undefined}
          onClick={() => player.toggle()}
          aria-label={state.is_playing ? "Pause" : "Play"}
          tabIndex={-1}
        >
          <span className={classes.playDisc}>
            <IconPlayerPlayFilled size={26} />
          </span>
        </button>
      )}
      {state.skipped_ms > 0 && (
        <div className={classes.skipped} role="status">
          <IconPlayerSkipForward size={14} /> Skipped {duration(state.skipped_ms)} of inactivity
        </div>
      )}
    </>
  );
}

function Windows({ recording, player }: { recording: Recording; player: Player }) {
  useVersion(recording);
  const state = usePlayerState(player);
  const windows = recording.playable();
  if (windows.length < 2) return null;
  const current = windows.findIndex((each) => each.window_id === state.window_id);
  const options = windows.map((each, index) => ({ value: each.window_id, label: `Window ${index + 1}` }));
  return (
    <div className={classes.windows}>
      <NativeSelect
        size="xs"
        aria-label="Window shown"
        data={[{ value: "", label: `Follow the visitor (window ${current + 1})` }, ...options]}
        value={state.follows ? "" : (state.window_id ?? "")}
        onChange={(event) => player.showWindow(event.currentTarget.value || null)}
      />
    </div>
  );
}
