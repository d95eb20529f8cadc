/** Errors by group. */

import { Table, Text } from "@mantine/core";
import type { ErrorGroup } from "../../api/documents";
import { ago, count, moment } from "../../logic/format";
import { MaskedText } from "../../parts/MaskedText";
import { ExampleLink } from "./ExampleLink";
import classes from "./overview.module.css";
import { Share } from "./ProblemTable";

interface TableProps {
  project: string;
  errors: ErrorGroup[];
  sessions: number;
}

/** A row per group. */
export function ErrorTable({ project, errors, sessions }: TableProps) {
  if (errors.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No error in this time.
      </Text>
    );
  }
  const now = Date.now();
  return (
    <Table className={classes.table ?? ""} verticalSpacing={7} horizontalSpacing="sm" miw={720}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Error</Table.Th>
          <Table.Th w={190}>Sessions</Table.Th>
          <Table.Th w={84}>Events</Table.Th>
          <Table.Th w={110}>First seen</Table.Th>
          <Table.Th w={110}>Last seen</Table.Th>
          <Table.Th w={92}>
            <span className="tf-visually-hidden">Example</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {errors.map((group) => (
          <Table.Tr key={group.group_id}>
            <Table.Td className={classes.words ?? ""}>
              <b>{group.name ?? "Error"}</b>
              <div className={classes.message}>
                <MaskedText value={group.message ?? ""} />
              </div>
            </Table.Td>
            <Table.Td>
              <Share
                share={sessions > 0 ? group.sessions / sessions : 0}
                note={`${count(group.sessions)} of ${count(sessions)}`}
              />
            </Table.Td>
            <Table.Td className="tf-num">{count(group.events)}</Table.Td>
            <Table.Td title={moment(group.first_at_ms)}>{ago(group.first_at_ms, now)}</Table.Td>
            <Table.Td title={moment(group.last_at_ms)}>{ago(group.last_at_ms, now)}</Table.Td>
            <Table.Td>
              <ExampleLink project={project} example={group.example} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
