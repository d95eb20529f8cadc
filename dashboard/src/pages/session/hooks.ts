/** What the session page's parts see of recording and player. */

import { useEffect, useRef, useSyncExternalStore } from "react";
import { stepBefore } from "../../logic/clock";
import { isTyping } from "../../logic/typing";
import { type Player, type PlayerState, SPEEDS } from "../../recording/player";
import type { Recording } from "../../recording/recording";

/** Return the recording's version: whoever shows something of it is drawn again when there is more. */
export function useVersion(recording: Recording): number {
  return useSyncExternalStore(recording.subscribe, () => recording.version);
}

/** Return what the controls show. */
export function usePlayerState(player: Player): PlayerState {
  return useSyncExternalStore(player.subscribe, () => player.state);
}

/** Return where the clock stands; while it plays, in steps from the session's start. */
export function useClock(player: Player, fromMs: number): number {
  return useSyncExternalStore(
    (listener) => player.onClock(listener),
    () => (player.state.is_playing ? stepBefore(player.at_ms, fromMs) : player.at_ms),
  );
}

/** What the page's keys do. */
export interface Keys {
  onNext: () => void;
  onFullScreen: () => void;
}

const STEP_MS = 5000;

/** Let the player be worked by keyboard: space, arrows, n, i, f, 1 to 4. */
export function usePlayerKeys(player: Player | null, keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!player) return;
    const onKey = (event: KeyboardEvent) => {
      const deed = deedOf(event.key, player, latest.current);
      if (!deed || isTyping(event) || isWidgets(event)) return;
      event.preventDefault();
      deed();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [player]);
}

function deedOf(key: string, player: Player, keys: Keys): (() => void) | null {
  const speed = SPEEDS[Number(key) - 1];
  if (speed !== undefined) return () => player.setSpeed(speed);
  switch (key) {
    case " ":
      return () => player.toggle();
    case "ArrowLeft":
      return () => player.step(-STEP_MS);
    case "ArrowRight":
      return () => player.step(STEP_MS);
    case "n":
      return keys.onNext;
    case "f":
      return keys.onFullScreen;
    case "i":
      return () => player.setSkips(!player.state.skips);
    default:
      return null;
  }
}

// Space presses a focused button, arrows move between tabs: those keep their keys.
function isWidgets(event: KeyboardEvent): boolean {
  if (!(event.target instanceof HTMLElement)) return false;
  if (event.key === " ") return event.target.closest("button, a, summary") !== null;
  return (
    event.key.startsWith("Arrow") && event.target.closest("[role=tab], [role=radio], [role=slider]") !== null
  );
}
