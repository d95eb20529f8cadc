/** What goes wrong where: signals by page and element. */

import { Table, Text } from "@mantine/core";
import { Link } from "react-router";
import type { Problem } from "../../api/documents";
import { count, pagePath, percent } from "../../logic/format";
import { KindBadge } from "../../parts/KindBadge";
import { MaskedText } from "../../parts/MaskedText";
import { ExampleLink } from "./ExampleLink";
import classes from "./overview.module.css";

interface TableProps {
  project: string;
  problems: Problem[];
  sessions: number;
}

/** A row per kind, page and element. */
export function ProblemTable({ project, problems, sessions }: TableProps) {
  if (problems.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No signal in this time.
      </Text>
    );
  }
  return (
    <Table className={classes.table ?? ""} verticalSpacing={7} horizontalSpacing="sm" miw={720}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={160}>Problem</Table.Th>
          <Table.Th>Element</Table.Th>
          <Table.Th>Page</Table.Th>
          <Table.Th w={190}>Sessions</Table.Th>
          <Table.Th w={84}>Signals</Table.Th>
          <Table.Th w={92}>
            <span className="tf-visually-hidden">Example</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {problems.map((problem) => (
          <Table.Tr key={`${problem.kind}|${problem.page}|${problem.element}`}>
            <Table.Td>
              <KindBadge kind={problem.kind} />
            </Table.Td>
            <Table.Td className={classes.words ?? ""}>
              {problem.element ? (
                <span className="tf-mono">
                  <MaskedText value={problem.element} />
                </span>
              ) : (
                <span className={classes.quiet}>no element</span>
              )}
            </Table.Td>
            <Table.Td className={classes.words ?? ""}>
              {problem.page ? (
                <Link to={sessionsOf(project, problem)} title={`Sessions with this on ${problem.page}`}>
                  <MaskedText value={pagePath(problem.page)} />
                </Link>
              ) : (
                "–"
              )}
            </Table.Td>
            <Table.Td>
              <Share share={problem.share} note={`${count(problem.sessions)} of ${count(sessions)}`} />
            </Table.Td>
            <Table.Td className="tf-num">{count(problem.signals)}</Table.Td>
            <Table.Td>
              <ExampleLink project={project} example={problem.example} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function sessionsOf(project: string, problem: Problem): string {
  const query = new URLSearchParams({ signal: problem.kind, page: problem.page ?? "" });
  return `/p/${project}/sessions?${query}`;
}

/** A share with the figures that it is made of. */
export function Share({ share, note }: { share: number; note: string }) {
  return (
    <span className={classes.share}>
      <span className={classes.shareTrack} aria-hidden>
        <span style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      <span className="tf-num">{percent(share)}</span>
      <span className={`${classes.quiet} tf-num`}>{note}</span>
    </span>
  );
}
