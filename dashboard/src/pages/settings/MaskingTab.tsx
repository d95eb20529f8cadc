/** Masking: which types there are, and what was masked in a stored session, place by place. */

import { Alert, Button, Group, NativeSelect, Skeleton, Table, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import type { MaskedPlace, SessionItem } from "../../api/documents";
import { systemQuery } from "../../api/queries";
import { NO_FILTERS, toApiQuery } from "../../logic/filters";
import { clock, counted, moment } from "../../logic/format";
import { MaskedText } from "../../parts/MaskedText";
import { Section } from "../../parts/Section";
import classes from "./settings.module.css";

const LIMIT = 200;
const SESSIONS = 20;

/** Previews the masking rules on a session that is stored. */
export default function MaskingTab({ project }: { project: string }) {
  const system = useQuery(systemQuery(project));
  const recent = useQuery({
    queryKey: ["masking-sessions", project],
    queryFn: ({ signal }) => {
      const query = toApiQuery(NO_FILTERS, Date.now());
      query.set("limit", String(SESSIONS));
      return api.sessions(project, query, signal);
    },
  });
  const items = recent.data?.items ?? [];
  const [picked, setPicked] = useState<string | null>(null);
  const session = items.find((each) => each.session_id === picked) ?? items[0] ?? null;
  const preview = useMutation({ mutationFn: (id: string) => api.preview(project, id, LIMIT) });
  const types = system.data?.redaction?.types ?? [];
  return (
    <div className={classes.parts}>
      <Section
        title="What is masked"
        note="Before anything is stored. Inputs are masked whole; in all other text, what has the shape of these is."
      >
        {types.length > 0 ? (
          <div className={classes.types}>
            {types.map((type) => (
              <span key={type} className={classes.type}>
                {type}
              </span>
            ))}
          </div>
        ) : (
          <Text size="sm" c="dimmed">
            {system.data ? "This server does not say." : "Loading…"}
          </Text>
        )}
      </Section>
      <Section
        title="Preview on a stored session"
        note="Where values were replaced, and by what. The values themselves are not stored."
        aside={
          session && (
            <Group gap="xs" wrap="nowrap">
              <NativeSelect
                size="xs"
                aria-label="Session"
                maw={280}
                data={items.map((each) => ({
                  value: each.session_id,
                  label: `${each.session_id} · ${moment(each.started_at_ms)}`,
                }))}
                value={session.session_id}
                onChange={(event) => setPicked(event.currentTarget.value)}
              />
              <Button
                size="xs"
                loading={preview.isPending}
                onClick={() => preview.mutate(session.session_id)}
              >
                Show
              </Button>
            </Group>
          )
        }
      >
        {recent.isPending ? (
          <Skeleton h={80} />
        ) : preview.error ? (
          <Alert color="red" variant="light" role="alert">
            {preview.error.message}
          </Alert>
        ) : preview.data ? (
          <Places
            project={project}
            places={preview.data.items}
            session={items.find((each) => each.session_id === preview.variables) ?? null}
          />
        ) : (
          <Text size="sm" c="dimmed">
            {session ? "Choose a session and press Show." : "There is no session yet."}
          </Text>
        )}
      </Section>
    </div>
  );
}

interface PlacesProps {
  project: string;
  places: MaskedPlace[];
  session: SessionItem | null;
}

function Places({ project, places, session }: PlacesProps) {
  if (places.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No token in this session: nothing had to be replaced.
      </Text>
    );
  }
  const from = session?.started_at_ms ?? places[0]?.at_ms ?? 0;
  return (
    <>
      <Table className={classes.table ?? ""} verticalSpacing={6} miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={80}>At</Table.Th>
            <Table.Th w={100}>Type</Table.Th>
            <Table.Th w={150}>Token</Table.Th>
            <Table.Th>Place in the event</Table.Th>
            <Table.Th w={150}>Event</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {places.map((place) => (
            <Table.Tr
              key={`${place.window_id}|${place.segment_id}|${place.event_index}|${place.path}|${place.token}`}
            >
              <Table.Td className="tf-num">
                <Link
                  to={`/p/${project}/sessions/${encodeURIComponent(session?.session_id ?? "")}?t=${Math.max(0, place.at_ms - from)}`}
                >
                  {clock(place.at_ms - from)}
                </Link>
              </Table.Td>
              <Table.Td>{place.type}</Table.Td>
              <Table.Td>
                <MaskedText value={place.token} />
              </Table.Td>
              <Table.Td className={`${classes.path} tf-mono`}>{place.path}</Table.Td>
              <Table.Td className={classes.quiet ?? ""}>
                {place.window_id}, {place.segment_id}, {place.event_index}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt="xs">
        {counted(places.length, "place")}
        {places.length === LIMIT && `: the first ${LIMIT}`}
      </Text>
    </>
  );
}
