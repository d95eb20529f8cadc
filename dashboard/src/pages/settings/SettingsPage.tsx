/** Settings: keys, retention, masking, and how the stack is. */

import { Tabs, Title } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useNavigate, useParams } from "react-router";
import { PageSkeleton } from "../../app/PageSkeleton";
import { useProject } from "../../app/useProject";
import { KeysTab } from "./KeysTab";
import { RetentionTab } from "./RetentionTab";
import { SystemTab } from "./SystemTab";
import classes from "./settings.module.css";

const MaskingTab = lazy(() => import("./MaskingTab"));

const TABS = ["keys", "retention", "masking", "system"];

/** Shows the tab that the address names. */
export function Component() {
  const project = useProject();
  const navigate = useNavigate();
  const tab = useParams().tab ?? "keys";
  return (
    <div className={classes.page}>
      <title>Settings · TraceFlow</title>
      <Title order={1} size="h3">
        Settings
      </Title>
      <Tabs
        value={TABS.includes(tab) ? tab : "keys"}
        onChange={(value) => void navigate(`/p/${project}/settings/${value}`, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List className={classes.tabs ?? ""}>
          <Tabs.Tab value="keys">Keys</Tabs.Tab>
          <Tabs.Tab value="retention">Retention</Tabs.Tab>
          <Tabs.Tab value="masking">Masking</Tabs.Tab>
          <Tabs.Tab value="system">System</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys" pt="md">
          <KeysTab project={project} />
        </Tabs.Panel>
        <Tabs.Panel value="retention" pt="md">
          <RetentionTab project={project} />
        </Tabs.Panel>
        <Tabs.Panel value="masking" pt="md">
          <Suspense fallback={<PageSkeleton />}>
            <MaskingTab project={project} />
          </Suspense>
        </Tabs.Panel>
        <Tabs.Panel value="system" pt="md">
          <SystemTab project={project} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
