/** The sign-in page: spends the one-time token of a link, or says how to get one. */

import { Alert, Button, Center, Code, Loader, Paper, Stack, Text, Title } from "@mantine/core";
import { IconActivityHeartbeat, IconAlertCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { ApiError, signIn } from "../../api/client";
import { meQuery } from "../../api/queries";
import { spendSignInToken } from "../../app/sign_in_token";
import { takeWayBack } from "../../app/useSignInRedirect";

type State = "spending" | "without" | "expired" | "failed";

/** Signs in by link. */
export function Component() {
  const { state, again } = useSignIn();
  return (
    <Center component="main" mih="100dvh" p="md">
      <title>Sign in · TraceFlow</title>
      <Paper withBorder radius="lg" p="xl" w={400} maw="100%" shadow="sm">
        <Stack gap="md">
          <IconActivityHeartbeat size={32} stroke={1.8} color="var(--mantine-color-anchor)" aria-hidden />
          <Title order={1} size="h3">
            Sign in to TraceFlow
          </Title>
          {state === "spending" ? <Spending /> : <HowTo state={state} again={again} />}
        </Stack>
      </Paper>
    </Center>
  );
}

function useSignIn(): { state: State; again: () => void } {
  const [state, setState] = useState<State>("spending");
  const navigate = useNavigate();
  const client = useQueryClient();
  const hasBegun = useRef(false);
  const token = useRef<string | null>(null);
  const spend = async () => {
    if (token.current === null) return setState("without");
    setState("spending");
    try {
      client.setQueryData(meQuery.queryKey, await signIn(token.current));
      await navigate(takeWayBack(), { replace: true });
    } catch (error) {
      setState(error instanceof ApiError && error.status === 401 ? "expired" : "failed");
    }
  };
  const first = useRef(spend);
  useEffect(() => {
    // A token can be spent once: not again when React mounts twice.
    if (hasBegun.current) return;
    hasBegun.current = true;
    token.current = spendSignInToken();
    void first.current();
  }, []);
  return { state, again: () => void spend() };
}

function Spending() {
  return (
    <Stack gap="xs" align="flex-start" aria-live="polite">
      <Loader size="sm" />
      <Text c="dimmed">Checking your link…</Text>
    </Stack>
  );
}

function HowTo({ state, again }: { state: State; again: () => void }) {
  return (
    <>
      {state === "expired" && (
        <Alert color="red" variant="light" icon={<IconAlertCircle size={18} />} title="This link has expired">
          A link works once, for 15 minutes.
        </Alert>
      )}
      {state === "failed" && (
        <Alert
          color="red"
          variant="light"
          icon={<IconAlertCircle size={18} />}
          title="The server did not answer"
        >
          <Button variant="light" color="red" size="xs" onClick={again}>
            Try again
          </Button>
        </Alert>
      )}
      <Text c="dimmed">On the machine that runs TraceFlow, print a fresh sign-in link and open it here:</Text>
      <Code block>traceflow sign-in</Code>
    </>
  );
}
