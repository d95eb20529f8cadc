/** Page and device facts, the visitor, what was masked, and whether the recording is whole. */

import { Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { SessionDocument, WindowCompleteness } from "../../api/documents";
import { count, counted, moment } from "../../logic/format";
import { MaskedText } from "../../parts/MaskedText";
import { fields, number, text } from "../../recording/event";
import { useVersion } from "./hooks";
import type { PanelProps } from "./Panels";
import classes from "./session.module.css";

/** Shows what is known of the session besides its course. */
export function DetailsPanel({ session, recording }: PanelProps) {
  useVersion(recording);
  if (!session) return <Skeleton h={240} m="md" />;
  return (
    <Stack gap="lg" p="md">
      <Section title="Visitor">
        <Facts facts={visitorFacts(session)} />
      </Section>
      <Section title="Page and device">
        <Facts facts={deviceFacts(session, recording.facts ?? {})} />
        <ol className={classes.pages}>
          {session.pages.map((page) => (
            <li key={page}>
              <MaskedText value={page} />
            </li>
          ))}
        </ol>
      </Section>
      <Section title="Masked before storage">
        <Masked masked={session.masked} />
      </Section>
      <Section title="Completeness">
        <Completeness session={session} />
      </Section>
      <Section title="Session">
        <Facts
          facts={[
            ["Id", session.session_id],
            ["Started", moment(session.started_at_ms)],
            ["Ended", moment(session.ended_at_ms)],
            ["State", session.state === "open" ? "still going on" : "closed"],
            ["Revision", String(session.revision)],
            ["Events", count(session.events)],
          ]}
        />
      </Section>
    </Stack>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="h6" mb={6}>
        {title}
      </Title>
      {children}
    </section>
  );
}

type Fact = [name: string, value: string | null | undefined];

function Facts({ facts }: { facts: Fact[] }) {
  const known = facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
  if (known.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing is known.
      </Text>
    );
  }
  return (
    <dl className={classes.facts}>
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <MaskedText value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function visitorFacts(session: SessionDocument): Fact[] {
  const visitor = session.visitor;
  if (!visitor) return [];
  const traits = Object.entries(visitor.traits ?? {}).map(
    ([name, value]): Fact => [name, typeof value === "string" ? value : JSON.stringify(value)],
  );
  return [["Identified as", visitor.identified_id], ["Anonymous id", visitor.anonymous_id], ...traits];
}

function deviceFacts(session: SessionDocument, facts: Record<string, unknown>): Fact[] {
  const browser = fields(facts.browser);
  const os = fields(facts.os);
  const joined = (known: string | null | undefined, each: Record<string, unknown>) =>
    [text(each.name) ?? known, text(each.version)].filter(Boolean).join(" ");
  return [
    ["Device", session.device ?? text(facts.device)],
    ["Browser", joined(session.browser, browser)],
    ["System", joined(session.os, os)],
    ["Country", session.country],
    ["Screen", measured(facts.screen)],
    ["Viewport", measured(facts.viewport)],
    ["Language", text(facts.language)],
    ["Time zone", text(facts.timezone)],
    ["Came from", text(facts.referrer)],
    ["Release", session.release ?? text(facts.release)],
    ["Environment", session.environment ?? text(facts.environment)],
  ];
}

function measured(value: unknown): string | null {
  const { width, height, pixel_ratio } = fields(value);
  if (number(width) === null || number(height) === null) return null;
  const ratio = number(pixel_ratio);
  return `${width} × ${height}${ratio && ratio !== 1 ? ` at ${ratio}×` : ""}`;
}

function Masked({ masked }: { masked: Record<string, number> }) {
  const types = Object.entries(masked).sort((a, b) => b[1] - a[1]);
  if (types.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing had to be masked.
      </Text>
    );
  }
  return (
    <>
      <div className={classes.maskedTypes}>
        {types.map(([type, times]) => (
          <span key={type} className={classes.maskedType}>
            <b>{type}</b> <span className="tf-num">{count(times)}</span>
          </span>
        ))}
      </div>
      <Text size="xs" c="dimmed" mt={6}>
        Values never reached the server's disk. Striped marks in the picture show where they were.
      </Text>
    </>
  );
}

function Completeness({ session }: { session: SessionDocument }) {
  const { complete, windows } = session.completeness;
  return (
    <>
      <Text size="sm" className={classes.verdict ?? ""}>
        {complete ? (
          <IconCircleCheck size={16} color="var(--mantine-color-teal-6)" aria-hidden />
        ) : (
          <IconAlertTriangle size={16} color="var(--mantine-color-orange-6)" aria-hidden />
        )}
        {complete ? "Everything that was sent has come." : "Something has not come, or not yet."}
      </Text>
      <ul className={classes.plain}>
        {windows.map((window) => (
          <li key={window.window_id}>
            <span className="tf-mono">{window.window_id}</span>: {wordedWindow(window)}
          </li>
        ))}
      </ul>
    </>
  );
}

function wordedWindow(window: WindowCompleteness): string {
  const words = [counted(window.segments, "segment")];
  if (window.gaps.length > 0) words.push(`missing ${window.gaps.join(", ")}`);
  if (window.missing_full_snapshot) words.push("no full snapshot");
  words.push(window.final ? "ended" : "end not seen");
  return words.join(" · ");
}
