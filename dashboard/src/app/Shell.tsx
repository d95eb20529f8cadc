/** What stands around every page: the way about, the project, the reader's own menu. */

import { Group, Loader, NativeSelect } from "@mantine/core";
import { IconActivityHeartbeat, IconChartHistogram, IconPlayerPlay, IconSettings } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { NavLink, Outlet, useNavigate, useNavigation } from "react-router";
import { meQuery } from "../api/queries";
import classes from "./Shell.module.css";
import { useProject } from "./useProject";
import { useSignInRedirect } from "./useSignInRedirect";

// What opens over the page is heavy, and waits until the page is drawn.
const ReaderMenu = lazy(() => import("./ReaderMenu"));

const PLACES = [
  { to: "sessions", label: "Sessions", Icon: IconPlayerPlay },
  { to: "overview", label: "Overview", Icon: IconChartHistogram },
  { to: "settings", label: "Settings", Icon: IconSettings },
];

/** The frame of all pages but sign-in. */
export function Shell() {
  const project = useProject();
  const navigation = useNavigation();
  useEffect(() => localStorage.setItem("tf-project", project), [project]);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <header className={classes.header}>
        <NavLink
          className={classes.brand ?? ""}
          to={`/p/${project}/sessions`}
          aria-label="TraceFlow, sessions"
        >
          <IconActivityHeartbeat size={20} stroke={2} aria-hidden />
          <span className={classes.brandName}>TraceFlow</span>
        </NavLink>
        <nav className={classes.places} aria-label="Pages">
          {PLACES.map(({ to, label, Icon }) => (
            <NavLink key={to} to={`/p/${project}/${to}`} className={classes.place ?? ""} aria-label={label}>
              <Icon size={16} stroke={1.8} aria-hidden />
              <span className={classes.placeLabel}>{label}</span>
            </NavLink>
          ))}
        </nav>
        <Group gap="xs" ml="auto" wrap="nowrap">
          {navigation.state === "loading" && <Loader size={14} aria-label="Loading" />}
          <ProjectSwitch project={project} />
          <Suspense fallback={<span className={classes.menuSpace} />}>
            <ReaderMenu />
          </Suspense>
        </Group>
      </header>
      <main id="content" className={classes.content} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function ProjectSwitch({ project }: { project: string }) {
  const me = useQuery(meQuery);
  const navigate = useNavigate();
  useSignInRedirect(me.error);
  const known = me.data?.projects.map((each) => each.project_id) ?? [];
  const all = known.includes(project) ? known : [project, ...known];
  return (
    <NativeSelect
      size="xs"
      aria-label="Project"
      className={classes.project ?? ""}
      data={all}
      value={project}
      onChange={(event) => void navigate(`/p/${encodeURIComponent(event.currentTarget.value)}/sessions`)}
    />
  );
}
