/** The panels beside the player. */

import { Tabs } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { Items, SessionDocument, SignalEntry } from "../../api/documents";
import type { Player } from "../../recording/player";
import type { Recording } from "../../recording/recording";
import { DetailsPanel } from "./DetailsPanel";
import { ConsolePanel, EventsPanel } from "./EntryPanels";
import { useVersion } from "./hooks";
import { InsightPanel } from "./InsightPanel";
import { NetworkPanel } from "./NetworkPanel";
import { SignalsPanel } from "./SignalsPanel";
import classes from "./session.module.css";

/** What every panel gets. */
export interface PanelProps {
  project: string;
  id: string;
  recording: Recording;
  player: Player | null;
  session: SessionDocument | null;
  signals: UseQueryResult<Items<SignalEntry>>;
  fromMs: number;
  toMs: number;
}

interface PanelsProps extends PanelProps {
  panel: string;
  onPanel: (panel: string) => void;
}

const NAMES = ["insight", "signals", "events", "console", "network", "details"];

/** Shows one panel at a time; the address says which. */
export function Panels({ panel, onPanel, ...props }: PanelsProps) {
  useVersion(props.recording);
  const entries = props.recording.entries;
  const errors = entries.filter((each) => each.kind === "error" || each.level === "error").length;
  const failures = entries.filter((each) => each.request?.has_failed).length;
  const tab = (name: string, label: string, count: number) => (
    <Tabs.Tab value={name} className={classes.tab ?? ""}>
      {label}
      {count > 0 && <span className={`${classes.tabCount} tf-num`}>{count}</span>}
    </Tabs.Tab>
  );
  return (
    <Tabs
      component="aside"
      className={classes.panels ?? ""}
      aria-label="What is known of this session"
      value={NAMES.includes(panel) ? panel : "insight"}
      onChange={(value) => value && onPanel(value)}
      keepMounted={false}
    >
      <Tabs.List className={classes.tabs ?? ""}>
        {tab("insight", "Insight", 0)}
        {tab("signals", "Signals", props.signals.data?.items.length ?? 0)}
        {tab("events", "Events", 0)}
        {tab("console", "Console", errors)}
        {tab("network", "Network", failures)}
        {tab("details", "Details", 0)}
      </Tabs.List>
      <Panel name="insight">
        <InsightPanel {...props} />
      </Panel>
      <Panel name="signals">
        <SignalsPanel {...props} />
      </Panel>
      <Panel name="events">
        <EventsPanel {...props} />
      </Panel>
      <Panel name="console">
        <ConsolePanel {...props} />
      </Panel>
      <Panel name="network">
        <NetworkPanel {...props} />
      </Panel>
      <Panel name="details">
        <DetailsPanel {...props} />
      </Panel>
    </Tabs>
  );
}

function Panel({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <Tabs.Panel value={name} className={classes.panelBody ?? ""} tabIndex={0}>
      {children}
    </Tabs.Panel>
  );
}
