/** The keys of a project: made, shown once, revoked. */

import {
  Alert,
  Badge,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  NativeSelect,
  Skeleton,
  Table,
  Text,
} from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import type { ApiKey } from "../../api/documents";
import { keysQuery } from "../../api/queries";
import { useSignInRedirect } from "../../app/useSignInRedirect";
import { moment } from "../../logic/format";
import { FailureNote } from "../../parts/Notes";
import { Section } from "../../parts/Section";
import classes from "./settings.module.css";

const SCOPES = [
  { value: "ingest", label: "ingest: sends sessions" },
  { value: "read", label: "read: reads the API" },
  { value: "admin", label: "admin: all of the API" },
];

/** Lists keys and makes new ones. */
export function KeysTab({ project }: { project: string }) {
  const client = useQueryClient();
  const keys = useQuery(keysQuery(project));
  useSignInRedirect(keys.error);
  const [scope, setScope] = useState("ingest");
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const again = () => client.invalidateQueries({ queryKey: keysQuery(project).queryKey });
  const create = useMutation({ mutationFn: () => api.createKey(project, scope), onSuccess: again });
  const revoke = useMutation({
    mutationFn: (key: ApiKey) => api.revokeKey(project, key.key_id),
    onSuccess: () => {
      setRevoking(null);
      return again();
    },
  });
  return (
    <Section
      title="API keys"
      note="A key is shown once, when it is made. Ingest keys can only send, so that they may stand in a page."
      aside={
        <Group gap="xs" wrap="nowrap">
          <NativeSelect
            size="xs"
            aria-label="Scope of the new key"
            data={SCOPES}
            value={scope}
            onChange={(event) => setScope(event.currentTarget.value)}
          />
          <Button size="xs" loading={create.isPending} onClick={() => create.mutate()}>
            New key
          </Button>
        </Group>
      }
    >
      {create.data && <NewKey value={create.data.key} />}
      {create.error && <Failed message={create.error.message} />}
      {keys.error && !keys.data ? (
        <FailureNote error={keys.error} onRetry={() => void keys.refetch()} />
      ) : keys.data ? (
        <KeyTable keys={keys.data.items} onRevoke={setRevoking} />
      ) : (
        <Skeleton h={140} />
      )}
      <Modal opened={revoking !== null} onClose={() => setRevoking(null)} title="Revoke this key?" centered>
        <Text size="sm">
          Whoever uses <Code>{revoking?.start}</Code> is refused from now on. This cannot be undone.
        </Text>
        {revoke.error && <Failed message={revoke.error.message} />}
        <Group justify="flex-end" mt="lg" gap="xs">
          <Button size="xs" variant="default" onClick={() => setRevoking(null)}>
            Keep it
          </Button>
          <Button
            size="xs"
            // Mantine's own red is too light under white words.
            color="red.9"
            loading={revoke.isPending}
            onClick={() => revoking && revoke.mutate(revoking)}
          >
            Revoke
          </Button>
        </Group>
      </Modal>
    </Section>
  );
}

function Failed({ message }: { message: string }) {
  return (
    <Alert color="red" variant="light" my="sm" role="alert">
      {message}
    </Alert>
  );
}

function NewKey({ value }: { value: string }) {
  return (
    <Alert
      color="teal"
      variant="light"
      mb="md"
      icon={<IconKey size={18} />}
      title="Copy it now: it is not shown again"
    >
      <Group gap="xs">
        <Code className={classes.secret ?? ""}>{value}</Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}

// Under the pointer Mantine's red ground is too near to the red words.
const dangerVars = () => ({
  root: {
    "--button-color": "var(--mantine-color-error)",
    "--button-hover": "var(--tf-hover)",
  },
});

function KeyTable({ keys, onRevoke }: { keys: ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  return (
    <Table className={classes.table ?? ""} verticalSpacing={8} miw={620}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Key</Table.Th>
          <Table.Th w={110}>Scope</Table.Th>
          <Table.Th w={220}>Made</Table.Th>
          <Table.Th w={220}>State</Table.Th>
          <Table.Th w={90}>
            <span className="tf-visually-hidden">Revoke</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {keys.map((key) => (
          <Table.Tr key={key.key_id} data-revoked={key.revoked_at_ms !== null || undefined}>
            <Table.Td className="tf-mono">{key.start}</Table.Td>
            <Table.Td>
              <Badge variant="default" size="sm" tt="none">
                {key.scope}
              </Badge>
            </Table.Td>
            <Table.Td>{moment(key.created_at_ms)}</Table.Td>
            <Table.Td>
              {key.revoked_at_ms === null ? "in use" : `revoked ${moment(key.revoked_at_ms)}`}
            </Table.Td>
            <Table.Td>
              {key.revoked_at_ms === null && (
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="red"
                  vars={dangerVars}
                  aria-label={`Revoke ${key.start}`}
                  onClick={() => onRevoke(key)}
                >
                  Revoke
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
