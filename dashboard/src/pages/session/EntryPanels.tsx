/** The events and the console: what happened, in order, following the player. */

import { Group, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { clock } from "../../logic/format";
import { kindOf } from "../../logic/signals";
import { MaskedText } from "../../parts/MaskedText";
import { Note } from "../../parts/Notes";
import type { Entry, EntryKind } from "../../recording/entry";
import type { Player } from "../../recording/player";
import { useClock, useVersion } from "./hooks";
import type { PanelProps } from "./Panels";
import classes from "./session.module.css";
import { VirtualRows } from "./VirtualRows";

const ROW_PX = 34;

const NAMES: Record<EntryKind, string> = {
  navigation: "Page",
  click: "Click",
  input: "Input",
  error: "Error",
  console: "Console",
  network: "Request",
  track: "Tracked",
  identify: "Identified",
  web_vital: "Vital",
  long_task: "Long task",
  custom: "Custom",
};

const CHOICES = [
  { value: "", label: "Everything" },
  { value: "navigation", label: "Pages" },
  { value: "click", label: "Clicks" },
  { value: "input", label: "Inputs" },
  { value: "error", label: "Errors" },
  { value: "track", label: "Tracked events" },
  { value: "web_vital", label: "Web vitals" },
];

/** Everything that a person would call an event. */
export function EventsPanel({ recording, player, fromMs }: PanelProps) {
  const version = useVersion(recording);
  const [kind, setKind] = useState("");
  const [words, setWords] = useState("");
  const entries = useMemo(
    () => (version >= 0 ? merged(recording.entries).filter((each) => matches(each, kind, words)) : []),
    [recording, version, kind, words],
  );
  return (
    <EntryList
      entries={entries}
      player={player}
      fromMs={fromMs}
      label="Events"
      tools={
        <>
          <NativeSelect
            size="xs"
            aria-label="Kind of event"
            data={CHOICES}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value)}
          />
          <Find words={words} onWords={setWords} />
        </>
      }
    />
  );
}

/** What the page wrote to its console, and its errors. */
export function ConsolePanel({ recording, player, fromMs }: PanelProps) {
  const version = useVersion(recording);
  const [level, setLevel] = useState("");
  const [words, setWords] = useState("");
  const entries = useMemo(() => {
    const written = version >= 0 ? recording.entries : [];
    const isShown = (each: Entry) =>
      (each.kind === "console" || each.kind === "error") &&
      (level === "" || each.level === level || (level === "error" && each.kind === "error"));
    return written.filter((each) => isShown(each) && matches(each, "", words));
  }, [recording, version, level, words]);
  return (
    <EntryList
      entries={entries}
      player={player}
      fromMs={fromMs}
      label="Console"
      tools={
        <>
          <NativeSelect
            size="xs"
            aria-label="Level"
            data={[
              { value: "", label: "All levels" },
              { value: "error", label: "Errors" },
              { value: "warn", label: "Warnings" },
              { value: "info", label: "Info" },
              { value: "log", label: "Log" },
            ]}
            value={level}
            onChange={(event) => setLevel(event.currentTarget.value)}
          />
          <Find words={words} onWords={setWords} />
        </>
      }
    />
  );
}

// Each letter typed is an event: what was typed into one field in one go is one row.
function merged(entries: readonly Entry[]): Entry[] {
  const rows: Entry[] = [];
  for (const entry of entries) {
    if (entry.kind === "console" || entry.kind === "network") continue;
    const last = rows.at(-1);
    const isSame = entry.kind === "input" && last?.kind === "input" && last.title === entry.title;
    if (isSame && last.window_id === entry.window_id) rows[rows.length - 1] = { ...entry, at_ms: last.at_ms };
    else rows.push(entry);
  }
  return rows;
}

function matches(entry: Entry, kind: string, words: string): boolean {
  if (kind !== "" && entry.kind !== kind) return false;
  return words === "" || `${entry.title} ${entry.detail ?? ""}`.toLowerCase().includes(words.toLowerCase());
}

function Find({ words, onWords }: { words: string; onWords: (words: string) => void }) {
  return (
    <TextInput
      size="xs"
      flex={1}
      miw={80}
      aria-label="Find"
      placeholder="Find"
      leftSection={<IconSearch size={13} />}
      value={words}
      onChange={(event) => onWords(event.currentTarget.value)}
    />
  );
}

interface ListProps {
  entries: Entry[];
  player: Player | null;
  fromMs: number;
  label: string;
  tools: React.ReactNode;
}

function EntryList({ entries, player, fromMs, label, tools }: ListProps) {
  const [isFollowing, setFollowing] = useState(true);
  return (
    <div className={classes.listPanel}>
      <Group gap="xs" p="xs" wrap="nowrap" className={classes.tools ?? ""}>
        {tools}
        <Switch
          size="xs"
          label="Follow"
          checked={isFollowing}
          onChange={(event) => setFollowing(event.currentTarget.checked)}
        />
      </Group>
      {entries.length === 0 ? (
        <Note title="Nothing here">No row of this recording fits.</Note>
      ) : player ? (
        <Followed entries={entries} player={player} fromMs={fromMs} label={label} isFollowing={isFollowing} />
      ) : null}
    </div>
  );
}

interface FollowedProps {
  entries: Entry[];
  player: Player;
  fromMs: number;
  label: string;
  isFollowing: boolean;
}

function Followed({ entries, player, fromMs, label, isFollowing }: FollowedProps) {
  const at = useClock(player, fromMs);
  const current = entries.findLastIndex((each) => each.at_ms <= at);
  return (
    <VirtualRows
      items={entries}
      rowHeight={ROW_PX}
      label={label}
      current={isFollowing ? current : -1}
      render={(entry, index) => (
        <Row
          entry={entry}
          fromMs={fromMs}
          isCurrent={index === current}
          onSeek={() => player.seek(entry.at_ms)}
        />
      )}
    />
  );
}

interface RowProps {
  entry: Entry;
  fromMs: number;
  isCurrent: boolean;
  onSeek: () => void;
}

function Row({ entry, fromMs, isCurrent, onSeek }: RowProps) {
  const [isOpen, setOpen] = useState(false);
  const tone =
    entry.kind === "error" || entry.level === "error" ? "error" : entry.level === "warn" ? "warn" : "";
  return (
    <div className={classes.entry} data-current={isCurrent || undefined} data-tone={tone}>
      <button
        type="button"
        className={classes.entryTime}
        onClick={onSeek}
        aria-label={`Go to ${clock(entry.at_ms - fromMs)}`}
      >
        <span className="tf-num">{clock(entry.at_ms - fromMs)}</span>
      </button>
      <button
        type="button"
        className={classes.entryMain}
        aria-expanded={entry.detail ? isOpen : undefined}
        onClick={() => (entry.detail ? setOpen(!isOpen) : onSeek())}
      >
        <span className={classes.entryKind}>
          <span
            className={classes.entryDot}
            style={{ background: `var(--mantine-color-${kindOf(entry.kind).color}-6)` }}
            aria-hidden
          />
          {entry.level || NAMES[entry.kind]}
        </span>
        <span className={entry.kind === "console" ? `${classes.entryTitle} tf-mono` : classes.entryTitle}>
          <MaskedText value={entry.title} />
        </span>
      </button>
      {isOpen && entry.detail && (
        <pre className={classes.entryDetail}>
          <MaskedText value={entry.detail} />
        </pre>
      )}
    </div>
  );
}
