/** The filters above the list: search, time, and a panel with the rest; what is set shows as chips. */

import { ActionIcon, Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch, IconX } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { countNarrowing, type Filters, isNarrowed, NO_FILTERS, RANGES, withText } from "../../logic/filters";
import { isTyping } from "../../logic/typing";
import { chipsOf } from "./chips";
import { FiltersButton } from "./FiltersButton";
import classes from "./sessions.module.css";

// What opens over the page is heavy, and waits until the list is drawn.
const FilterPopover = lazy(() => import("./FilterPopover"));

const RANGE_NAMES: Record<string, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
  all: "All time",
};

interface BarProps {
  project: string;
  filters: Filters;
  onChange: (next: Filters) => void;
}

/** Shows and changes the filters. */
export function FilterBar({ project, filters, onChange }: BarProps) {
  const chips = chipsOf(filters);
  const ranges = Object.keys(RANGES).map((value) => ({ value, label: RANGE_NAMES[value] ?? value }));
  if (filters.range === "custom") ranges.push({ value: "custom", label: "Chosen times" });
  return (
    <search className={classes.bar} aria-label="Filter sessions">
      <Group gap="xs" wrap="wrap">
        <Search filters={filters} onChange={onChange} />
        <NativeSelect
          size="xs"
          w={140}
          aria-label="Time"
          data={ranges}
          value={filters.range}
          onChange={(event) =>
            onChange({ ...filters, range: event.currentTarget.value, from_ms: null, to_ms: null })
          }
        />
        <Suspense fallback={<FiltersButton count={countNarrowing(filters)} />}>
          <FilterPopover project={project} filters={filters} onChange={onChange} />
        </Suspense>
        {chips.map((chip) => (
          <span key={chip.key} className={classes.chip}>
            <span>
              {chip.name} <b>{chip.value}</b>
            </span>
            <ActionIcon
              size={18}
              variant="subtle"
              color="gray"
              aria-label={`Remove filter ${chip.name} ${chip.value}`}
              onClick={() => onChange(chip.without)}
            >
              <IconX size={12} />
            </ActionIcon>
          </span>
        ))}
        {isNarrowed(filters) && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => onChange({ ...NO_FILTERS, sort: filters.sort, order: filters.order })}
          >
            Clear all
          </Button>
        )}
      </Group>
    </search>
  );
}

function Search({ filters, onChange }: Omit<BarProps, "project">) {
  const asked = filters.texts.q ?? "";
  const [words, setWords] = useState(asked);
  const [seen, setSeen] = useState(asked);
  const input = useRef<HTMLInputElement>(null);
  if (seen !== asked) {
    // The address bar changed otherwise: by a saved view, a chip, the way back.
    setSeen(asked);
    setWords(asked);
  }
  const search = useDebouncedCallback((next: string) => onChange(withText(filters, "q", next)), 300);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <TextInput
      ref={input}
      size="xs"
      w={260}
      type="search"
      aria-label="Search by page or session"
      placeholder="Page address or session id"
      leftSection={<IconSearch size={14} />}
      value={words}
      onChange={(event) => {
        setWords(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") input.current?.blur();
      }}
    />
  );
}
