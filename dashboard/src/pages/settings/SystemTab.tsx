/** How the stack is: its components, the lag of its stream, and how every segment ended. */

import { Skeleton, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Ledger, Component as StackComponent } from "../../api/documents";
import { ledgerQuery, systemQuery } from "../../api/queries";
import { useSignInRedirect } from "../../app/useSignInRedirect";
import { count, counted, percent } from "../../logic/format";
import { FailureNote } from "../../parts/Notes";
import { Section } from "../../parts/Section";
import classes from "./settings.module.css";

/** Asks every few seconds. */
export function SystemTab({ project }: { project: string }) {
  const system = useQuery(systemQuery(project));
  const ledger = useQuery(ledgerQuery(project));
  useSignInRedirect(system.error);
  if (system.error && !system.data) {
    return <FailureNote error={system.error} onRetry={() => void system.refetch()} />;
  }
  const lag = system.data?.stream_lag ?? null;
  return (
    <div className={classes.parts}>
      <Section
        title="Components"
        note={system.data?.version ? `TraceFlow ${system.data.version}` : "What runs here"}
        aside={
          <Text size="sm" c="dimmed" className="tf-num">
            {lag === null ? "Stream lag not known" : `Stream lag: ${counted(lag, "segment")}`}
          </Text>
        }
      >
        {system.data ? <Components components={system.data.components} /> : <Skeleton h={220} />}
      </Section>
      <Section title="Ledger" note="Every segment that came ends in exactly one of these.">
        {ledger.data ? <LedgerTable ledger={ledger.data} /> : <Skeleton h={140} />}
      </Section>
    </div>
  );
}

const COLORS: Record<string, string> = {
  running: "teal",
  ready: "teal",
  ok: "teal",
  starting: "yellow",
  unknown: "gray",
};

function Components({ components }: { components: StackComponent[] }) {
  return (
    <Table className={classes.table ?? ""} verticalSpacing={7} miw={560}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={190}>Name</Table.Th>
          <Table.Th w={130}>State</Table.Th>
          <Table.Th w={110}>Version</Table.Th>
          <Table.Th>Detail</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {components.map((component) => (
          <Table.Tr key={component.name}>
            <Table.Td>{component.name.replaceAll("_", " ")}</Table.Td>
            <Table.Td>
              <span className={classes.state}>
                <span
                  className={classes.dot}
                  style={{ background: `var(--mantine-color-${COLORS[component.state] ?? "red"}-6)` }}
                  aria-hidden
                />
                {component.state}
              </span>
            </Table.Td>
            <Table.Td className="tf-num">{component.version ?? "–"}</Table.Td>
            <Table.Td className={classes.quiet ?? ""}>{component.detail ?? ""}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function LedgerTable({ ledger }: { ledger: Ledger }) {
  const share = (segments: number) => percent(ledger.received > 0 ? segments / ledger.received : 0);
  return (
    <Table className={classes.table ?? ""} verticalSpacing={7} miw={480}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Outcome</Table.Th>
          <Table.Th>Reason</Table.Th>
          <Table.Th w={120}>Segments</Table.Th>
          <Table.Th w={100}>Share</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {ledger.items.map((item) => (
          <Table.Tr key={`${item.outcome}|${item.reason}`}>
            <Table.Td>{item.outcome.replaceAll("_", " ")}</Table.Td>
            <Table.Td className={classes.quiet ?? ""}>{item.reason || "–"}</Table.Td>
            <Table.Td className="tf-num">{count(item.segments)}</Table.Td>
            <Table.Td className="tf-num">{share(item.segments)}</Table.Td>
          </Table.Tr>
        ))}
        <Table.Tr>
          <Table.Td>in flight</Table.Td>
          <Table.Td className={classes.quiet ?? ""}>on its way to the store</Table.Td>
          <Table.Td className="tf-num">{count(ledger.in_flight)}</Table.Td>
          <Table.Td className="tf-num">{share(ledger.in_flight)}</Table.Td>
        </Table.Tr>
        <Table.Tr className={classes.sum ?? ""}>
          <Table.Td>received</Table.Td>
          <Table.Td />
          <Table.Td className="tf-num">{count(ledger.received)}</Table.Td>
          <Table.Td />
        </Table.Tr>
      </Table.Tbody>
    </Table>
  );
}
