/** Who and when: the line above the player. */

import { ActionIcon, Anchor, Button, Group, Skeleton, Text, Title, Tooltip } from "@mantine/core";
import { IconArrowLeft, IconCheck, IconLink, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import type { SessionDocument } from "../../api/documents";
import { counted, duration, moment } from "../../logic/format";
import { MaskedText } from "../../parts/MaskedText";
import { Score } from "../../parts/Score";
import classes from "./session.module.css";

interface HeadProps {
  project: string;
  id: string;
  session: SessionDocument | null;
  onReload: () => void;
  /** Where the player stands, in milliseconds since the session began. */
  linkAt: () => number;
}

/** Shows the session's name, its figures, and the link to this moment. */
export function SessionHead({ project, id, session, onReload, linkAt }: HeadProps) {
  return (
    <div className={classes.head}>
      <ActionIcon
        component={Link}
        to={`/p/${project}/sessions`}
        variant="subtle"
        color="gray"
        aria-label="Back to the sessions"
      >
        <IconArrowLeft size={18} />
      </ActionIcon>
      <div className={classes.headWords}>
        <Title order={1} size="h4" className={classes.headTitle ?? ""}>
          <MaskedText value={session?.visitor?.identified_id ?? id} />
        </Title>
        {session ? (
          <Text size="sm" c="dimmed" className="tf-num" truncate>
            {moment(session.started_at_ms)} · {duration(session.duration_ms)} ·{" "}
            {counted(session.pages.length, "page")} · {counted(session.events, "event")}
            {session.errors > 0 && ` · ${counted(session.errors, "error")}`}
          </Text>
        ) : (
          <Skeleton h={17} w={320} mt={2} />
        )}
      </div>
      <Group gap="sm" ml="auto" wrap="nowrap">
        {session?.state === "open" && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={onReload}>
            Still going on: load newer
          </Button>
        )}
        {session && (
          <span className={classes.headScore}>
            <Text size="xs" c="dimmed" visibleFrom="sm">
              Frustration
            </Text>
            <Score value={session.frustration_score} />
          </span>
        )}
        <CopyLink linkAt={linkAt} />
      </Group>
    </div>
  );
}

const NOTE_MS = 2000;

function CopyLink({ linkAt }: { linkAt: () => number }) {
  const [link, setLink] = useState<string | null>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    const url = new URL(location.href);
    url.searchParams.set("t", String(linkAt()));
    // Without a secure context there is no clipboard: then the link is shown to be taken by hand.
    const isDone = await navigator.clipboard?.writeText(url.href).then(
      () => true,
      () => false,
    );
    setCopied(isDone ?? false);
    setLink(isDone ? null : url.href);
    setTimeout(() => setCopied(false), NOTE_MS);
  };
  return (
    <>
      <Tooltip label="A link to this moment">
        <Button
          size="xs"
          variant="default"
          leftSection={isCopied ? <IconCheck size={14} /> : <IconLink size={14} />}
          onClick={() => void copy()}
        >
          {isCopied ? "Copied" : "Copy link"}
        </Button>
      </Tooltip>
      <span className="tf-visually-hidden" role="status">
        {isCopied ? "Link copied" : ""}
      </span>
      {link && (
        <Anchor href={link} size="xs">
          Link to this moment
        </Anchor>
      )}
    </>
  );
}
