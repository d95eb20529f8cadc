/** A session in the list. */

import { Table } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile, IconDeviceTablet } from "@tabler/icons-react";
import { memo, useEffect, useRef } from "react";
import { Link, useNavigate } from "react-router";
import type { SessionItem } from "../../api/documents";
import { ago, duration, host, moment, pagePath } from "../../logic/format";
import { KindBadge } from "../../parts/KindBadge";
import { MaskedText } from "../../parts/MaskedText";
import { Score } from "../../parts/Score";
import { RowTimeline } from "./RowTimeline";
import classes from "./sessions.module.css";

interface RowProps {
  item: SessionItem;
  to: string;
  now: number;
  isPicked: boolean;
}

/** One row; all of it leads to the session. */
export const SessionRow = memo(function SessionRow({ item, to, now, isPicked }: RowProps) {
  const navigate = useNavigate();
  const ref = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isPicked) ref.current?.scrollIntoView({ block: "nearest" });
  }, [isPicked]);
  return (
    <Table.Tr
      ref={ref}
      className={classes.row ?? ""}
      data-picked={isPicked || undefined}
      onClick={(event) => {
        // The row's own link does the same, and lets a new window be opened.
        const isLink = event.target instanceof Element && event.target.closest("a") !== null;
        if (!isLink && !getSelection()?.toString()) void navigate(to);
      }}
    >
      <Table.Td className={classes.cellSession ?? ""}>
        <Who item={item} to={to} />
      </Table.Td>
      <Table.Td className={classes.cellPages ?? ""}>
        <Pages pages={item.pages} />
      </Table.Td>
      <Table.Td className={classes.cellTimeline ?? ""}>
        <RowTimeline item={item} />
      </Table.Td>
      <Table.Td className={classes.cellSignals ?? ""}>
        <Signals item={item} />
      </Table.Td>
      <Table.Td className={classes.cellScore ?? ""}>
        <Score value={item.frustration_score} />
      </Table.Td>
      <Table.Td className={`${classes.cellDuration} tf-num`}>{duration(item.duration_ms)}</Table.Td>
      <Table.Td className={`${classes.cellStarted} tf-num`} title={moment(item.started_at_ms)}>
        {ago(item.started_at_ms, now)}
        {item.state === "open" && <span className={classes.open}>live</span>}
      </Table.Td>
    </Table.Tr>
  );
});

const DEVICES = { mobile: IconDeviceMobile, tablet: IconDeviceTablet, desktop: IconDeviceDesktop };

function Who({ item, to }: { item: SessionItem; to: string }) {
  const Device = DEVICES[item.device as keyof typeof DEVICES] ?? null;
  const facts = [item.browser, item.os, item.country].filter(Boolean).join(" · ");
  const name = item.visitor?.identified_id ?? item.session_id;
  return (
    <div className={classes.who}>
      <Link to={to} className={classes.name ?? ""} title={`Session ${item.session_id}`}>
        <MaskedText value={name} />
      </Link>
      <span className={classes.facts}>
        {Device && <Device size={13} stroke={1.7} aria-label={item.device ?? ""} />}
        <span className={classes.path}>{facts || (item.pages[0] ? host(item.pages[0]) : "")}</span>
      </span>
    </div>
  );
}

function Pages({ pages }: { pages: string[] }) {
  const first = pages[0];
  const last = pages.at(-1);
  if (!first || !last) return <span className={classes.quiet}>–</span>;
  return (
    <div className={classes.who} title={pages.join("\n")}>
      <span className={classes.path}>{pagePath(first)}</span>
      {pages.length > 1 && (
        <span className={classes.facts}>
          <span className={classes.path}>→ {pagePath(last)}</span>
          {pages.length > 2 && <span className={classes.more}>+{pages.length - 2}</span>}
        </span>
      )}
    </div>
  );
}

function Signals({ item }: { item: SessionItem }) {
  const kinds = Object.entries(item.signals).sort((a, b) => b[1] - a[1]);
  if (kinds.length === 0 && item.errors === 0) return <span className={classes.quiet}>none</span>;
  return (
    <div className={classes.signals}>
      {kinds.map(([kind, count]) => (
        <KindBadge key={kind} kind={kind} count={count} />
      ))}
      {item.errors > 0 && <KindBadge kind="error" count={item.errors} />}
    </div>
  );
}
