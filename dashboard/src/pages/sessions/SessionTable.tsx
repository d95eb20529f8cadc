/** The table of sessions: a link per row, keyboard usable, with a compact timeline. */

import { Skeleton, Table, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconSelector } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import type { SessionItem } from "../../api/documents";
import type { Filters, Sort } from "../../logic/filters";
import { SessionRow } from "./SessionRow";
import classes from "./sessions.module.css";
import { useNow } from "./useNow";
import { useRowKeys } from "./useRowKeys";

const COLUMNS: { name: string; sort: Sort | null; className: string | undefined }[] = [
  { name: "Session", sort: null, className: classes.cellSession },
  { name: "Pages", sort: null, className: classes.cellPages },
  { name: "Timeline", sort: null, className: classes.cellTimeline },
  { name: "Signals", sort: null, className: classes.cellSignals },
  { name: "Frustration", sort: "frustration_score", className: classes.cellScore },
  { name: "Duration", sort: "duration", className: classes.cellDuration },
  { name: "Started", sort: "started_at", className: classes.cellStarted },
];
const PLACEHOLDERS = Array.from({ length: 12 }, (_, index) => `row-${index}`);

interface TableProps {
  project: string;
  /** Null while the first page still loads. */
  items: SessionItem[] | null;
  filters: Filters;
  isStale: boolean;
  onSort: (sort: Sort) => void;
  onEnd: () => void;
}

/** Lists sessions; `onEnd` is called when the last row comes into view. */
export function SessionTable({ project, items, filters, isStale, onSort, onEnd }: TableProps) {
  const navigate = useNavigate();
  const now = useNow();
  const to = (item: SessionItem) => `/p/${project}/sessions/${encodeURIComponent(item.session_id)}`;
  const picked = useRowKeys(items?.length ?? 0, (index) => {
    const item = items?.[index];
    if (item) void navigate(to(item));
  });
  return (
    <div className={classes.frame} data-stale={isStale || undefined}>
      <Table className={classes.table ?? ""} verticalSpacing={0} horizontalSpacing="sm" aria-label="Sessions">
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map(({ name, sort, className }) => (
              <Table.Th key={name} className={className ?? ""} aria-sort={sortedAs(filters, sort)}>
                {sort ? <SortButton name={name} sort={sort} filters={filters} onSort={onSort} /> : name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items === null
            ? PLACEHOLDERS.map((key) => (
                <Table.Tr key={key} className={classes.row ?? ""}>
                  <Table.Td colSpan={COLUMNS.length}>
                    <Skeleton h={16} radius="sm" />
                  </Table.Td>
                </Table.Tr>
              ))
            : items.map((item, index) => (
                <SessionRow
                  key={item.session_id}
                  item={item}
                  to={to(item)}
                  now={now}
                  isPicked={index === picked}
                />
              ))}
        </Table.Tbody>
      </Table>
      <EndWatch onEnd={onEnd} count={items?.length ?? 0} />
    </div>
  );
}

function sortedAs(filters: Filters, sort: Sort | null): "ascending" | "descending" | "none" | undefined {
  if (!sort) return undefined;
  if (filters.sort !== sort) return "none";
  return filters.order === "asc" ? "ascending" : "descending";
}

interface SortProps {
  name: string;
  sort: Sort;
  filters: Filters;
  onSort: (sort: Sort) => void;
}

function SortButton({ name, sort, filters, onSort }: SortProps) {
  const isSorted = filters.sort === sort;
  const Icon = !isSorted ? IconSelector : filters.order === "asc" ? IconChevronUp : IconChevronDown;
  return (
    <UnstyledButton
      className={classes.sort ?? ""}
      data-sorted={isSorted || undefined}
      onClick={() => onSort(sort)}
    >
      {name}
      <Icon size={13} stroke={2} aria-hidden />
    </UnstyledButton>
  );
}

function EndWatch({ onEnd, count }: { onEnd: () => void; count: number }) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(onEnd);
  useEffect(() => {
    latest.current = onEnd;
  });
  useEffect(() => {
    const element = ref.current;
    if (!element || count === 0) return;
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some((each) => each.isIntersecting)) latest.current();
      },
      { rootMargin: "400px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [count]);
  return <div ref={ref} aria-hidden />;
}
