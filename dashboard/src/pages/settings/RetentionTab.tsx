/** How long recordings are kept. */

import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { systemQuery } from "../../api/queries";
import { FailureNote } from "../../parts/Notes";
import { Section } from "../../parts/Section";
import classes from "./settings.module.css";

/** Shows the retention of this stack. */
export function RetentionTab({ project }: { project: string }) {
  const system = useQuery(systemQuery(project));
  if (system.error && !system.data) {
    return <FailureNote error={system.error} onRetry={() => void system.refetch()} />;
  }
  if (!system.data) return <Skeleton h={160} />;
  const retention = system.data.retention;
  return (
    <Section title="Retention" note="Set by whoever runs this stack; it applies to all projects.">
      {retention ? (
        <dl className={classes.facts}>
          <div>
            <dt>Class</dt>
            <dd>{retention.class}</dd>
          </div>
          <div>
            <dt>Recordings are kept for</dt>
            <dd>{retention.days === null ? "as long as the disk holds them" : `${retention.days} days`}</dd>
          </div>
          <div>
            <dt>Encrypted by</dt>
            <dd>a key per session, wrapped by the tenant's key</dd>
          </div>
        </dl>
      ) : (
        <Text size="sm" c="dimmed">
          This server does not say.
        </Text>
      )}
    </Section>
  );
}
