/** What is shown where there is nothing to show: empty lists and failures. */

import { Button, Center, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconCloudOff, IconMoodEmpty } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";

interface NoteProps {
  title: string;
  children?: ReactNode;
  icon?: ReactNode;
  color?: string;
}

/** A note in the middle of an empty place. */
export function Note({ title, children, icon, color = "gray" }: NoteProps) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap="xs" maw={440} ta="center">
        <ThemeIcon variant="light" color={color} size={44} radius="xl">
          {icon ?? <IconMoodEmpty size={22} stroke={1.6} />}
        </ThemeIcon>
        <Title order={2} size="h5">
          {title}
        </Title>
        {typeof children === "string" ? (
          <Text c="dimmed" size="sm">
            {children}
          </Text>
        ) : (
          children
        )}
      </Stack>
    </Center>
  );
}

/** A note on a failure, with a way to try again. */
export function FailureNote({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const isAway = error instanceof ApiError && error.status === 0;
  const isMissing = error instanceof ApiError && error.status === 404;
  const title = isAway ? "No connection" : isMissing ? "Not found" : "This did not work";
  return (
    <div role="alert">
      <Note title={title} color="red" icon={<IconCloudOff size={22} stroke={1.6} />}>
        <Text c="dimmed" size="sm">
          {error.message}
        </Text>
        <Button variant="default" size="xs" mt="xs" onClick={onRetry}>
          Try again
        </Button>
      </Note>
    </div>
  );
}
