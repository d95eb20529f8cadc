/** The controls under the picture. */

import { ActionIcon, Button, Group, SegmentedControl, Switch, Text, Tooltip } from "@mantine/core";
import {
  IconMaximize,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerTrackNext,
  IconRewindBackward5,
  IconRewindForward5,
} from "@tabler/icons-react";
import type { SignalEntry } from "../../api/documents";
import { clock } from "../../logic/format";
import { nextSignal } from "../../recording/markers";
import { type Player, SPEEDS } from "../../recording/player";
import type { Recording } from "../../recording/recording";
import { useClock, usePlayerState, useVersion } from "./hooks";
import classes from "./session.module.css";

interface ControlsProps {
  player: Player | null;
  recording: Recording;
  fromMs: number;
  toMs: number;
  signals: readonly SignalEntry[];
  onNext: () => void;
  onFullScreen: () => void;
}

/** Play, speed, inactivity, next signal, full screen. */
export function Controls({ player, ...rest }: ControlsProps) {
  if (!player) return <div className={classes.controls} aria-hidden />;
  return <Ready player={player} {...rest} />;
}

function Ready({
  player,
  recording,
  fromMs,
  toMs,
  signals,
  onNext,
  onFullScreen,
}: ControlsProps & { player: Player }) {
  useVersion(recording);
  const state = usePlayerState(player);
  const at = useClock(player, fromMs);
  const hasNext = nextSignal(signals, at) !== null;
  const label = state.is_playing ? "Pause" : "Play";
  const canPlay = recording.playable().length > 0;
  return (
    <div className={classes.controls}>
      <Group gap={4} wrap="nowrap">
        <Tooltip label="Back 5 s (←)">
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            aria-label="Back 5 seconds"
            onClick={() => player.step(-5000)}
          >
            <IconRewindBackward5 size={18} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={`${label} (space)`}>
          <ActionIcon
            variant="filled"
            radius="xl"
            size={36}
            aria-label={label}
            disabled={!canPlay}
            onClick={() => player.toggle()}
          >
            {state.is_playing ? <IconPlayerPauseFilled size={17} /> : <IconPlayerPlayFilled size={17} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Forward 5 s (→)">
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            aria-label="Forward 5 seconds"
            onClick={() => player.step(5000)}
          >
            <IconRewindForward5 size={18} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Text size="sm" className={`${classes.time} tf-num`}>
        {clock(at - fromMs)} <span className={classes.total}>/ {clock(toMs - fromMs)}</span>
      </Text>
      <Tooltip label="Jump to the next signal (n)">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerTrackNext size={14} />}
          disabled={!hasNext}
          onClick={onNext}
        >
          Next signal
        </Button>
      </Tooltip>
      <Group gap="md" ml="auto" wrap="nowrap">
        <Switch
          size="xs"
          label="Skip inactivity"
          checked={state.skips}
          onChange={(event) => player.setSkips(event.currentTarget.checked)}
        />
        <SegmentedControl
          size="xs"
          aria-label="Speed"
          data={SPEEDS.map((speed) => ({ value: String(speed), label: `${speed}×` }))}
          value={String(state.speed)}
          onChange={(value) => player.setSpeed(Number(value))}
        />
        <Tooltip label="Full screen (f)">
          <ActionIcon variant="subtle" color="gray" size={34} aria-label="Full screen" onClick={onFullScreen}>
            <IconMaximize size={17} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </div>
  );
}
