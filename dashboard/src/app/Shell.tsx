/** What stands around every page: the way about, the project, the reader's own menu. */

import { ActionIcon, Group, Loader, Menu, NativeSelect, Text, useMantineColorScheme } from "@mantine/core";
import {
  IconActivityHeartbeat,
  IconChartHistogram,
  IconCheck,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconPlayerPlay,
  IconSettings,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { NavLink, Outlet, useNavigate, useNavigation } from "react-router";
import { signOut } from "../api/client";
import { meQuery } from "../api/queries";
import classes from "./Shell.module.css";
import { useProject } from "./useProject";
import { useSignInRedirect } from "./useSignInRedirect";

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
          <ReaderMenu />
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

const SCHEMES = [
  { value: "light", label: "Light", Icon: IconSun },
  { value: "dark", label: "Dark", Icon: IconMoon },
  { value: "auto", label: "As the system", Icon: IconDeviceDesktop },
] as const;

function ReaderMenu() {
  const me = useQuery(meQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = async () => {
    await signOut();
    await navigate("/sign-in", { replace: true });
    client.clear();
  };
  return (
    <Menu position="bottom-end" width={200} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="You and how things look">
          <IconUserCircle size={20} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" truncate>
            {me.data?.user.name ?? "Signed in"}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        {SCHEMES.map(({ value, label, Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={16} />}
            rightSection={colorScheme === value ? <IconCheck size={14} aria-label="chosen" /> : null}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
