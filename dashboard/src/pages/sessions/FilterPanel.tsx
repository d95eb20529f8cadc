/** The panel of filters, with what there is to choose from. */

import { Group, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FacetName } from "../../api/documents";
import { facetsQuery } from "../../api/queries";
import { type Filters, type TextFilter, withText } from "../../logic/filters";
import { kindOf, SIGNAL_KINDS } from "../../logic/signals";
import { FILTER_NAMES } from "./chips";

const FACETS: FacetName[] = ["device", "browser", "os", "country", "release", "environment"];

interface PanelProps {
  project: string;
  filters: Filters;
  onChange: (next: Filters) => void;
}

/** Changes every filter but search and time. */
export default function FilterPanel({ project, filters, onChange }: PanelProps) {
  const facets = useQuery(facetsQuery(project, filters));
  const set = (name: TextFilter, value: string | null) => onChange(withText(filters, name, value));
  const choice = (name: TextFilter, data: { value: string; label: string }[]) => {
    const current = filters.texts[name] ?? "";
    const isOffered = current === "" || data.some((each) => each.value === current);
    const all = [{ value: "", label: "Any" }, ...data];
    if (!isOffered) all.push({ value: current, label: current });
    return (
      <NativeSelect
        key={name}
        size="xs"
        label={FILTER_NAMES[name]}
        data={all}
        value={current}
        onChange={(event) => set(name, event.currentTarget.value)}
      />
    );
  };
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" verticalSpacing="xs">
        {choice(
          "signal",
          SIGNAL_KINDS.map((kind) => ({ value: kind, label: kindOf(kind).label })),
        )}
        {choice("has_error", [
          { value: "true", label: "With errors" },
          { value: "false", label: "Without" },
        ])}
        {choice("state", [
          { value: "open", label: "Live" },
          { value: "closed", label: "Closed" },
        ])}
        {FACETS.map((name) =>
          choice(
            name,
            (facets.data?.[name] ?? []).map((each) => ({
              value: each.value,
              label: `${each.value} (${each.sessions})`,
            })),
          ),
        )}
      </SimpleGrid>
      <Group gap="sm" grow align="flex-end">
        <Bound label="Frustration from" name="min_score" max={100} filters={filters} onChange={set} />
        <Bound label="to" name="max_score" max={100} filters={filters} onChange={set} />
        <Bound label="Lasting from (s)" name="min_duration_ms" unit={1000} filters={filters} onChange={set} />
        <Bound label="to (s)" name="max_duration_ms" unit={1000} filters={filters} onChange={set} />
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" verticalSpacing="xs">
        <Words
          label="Page address contains"
          value={filters.texts.page ?? ""}
          onSet={(value) => set("page", value)}
        />
        <Words
          label="Visitor id"
          value={filters.texts.visitor ?? ""}
          onSet={(value) => set("visitor", value)}
        />
        <Words
          label="Trait (name:value)"
          value=""
          onSet={(value) => {
            if (!value.includes(":") || filters.traits.includes(value)) return;
            onChange({ ...filters, traits: [...filters.traits, value] });
          }}
        />
      </SimpleGrid>
      <Times filters={filters} onChange={onChange} />
    </Stack>
  );
}

interface BoundProps {
  label: string;
  name: TextFilter;
  max?: number;
  unit?: number;
  filters: Filters;
  onChange: (name: TextFilter, value: string | null) => void;
}

function Bound({ label, name, max, unit = 1, filters, onChange }: BoundProps) {
  const value = filters.texts[name];
  return (
    <NumberInput
      size="xs"
      label={label}
      min={0}
      {...(max === undefined ? {} : { max })}
      hideControls
      value={value === undefined ? "" : Number(value) / unit}
      onChange={(next) => onChange(name, next === "" ? null : String(Math.round(Number(next) * unit)))}
    />
  );
}

function Words({ label, value, onSet }: { label: string; value: string; onSet: (value: string) => void }) {
  const [words, setWords] = useState(value);
  const spend = () => {
    onSet(words.trim());
    if (value === "") setWords("");
  };
  return (
    <TextInput
      size="xs"
      label={label}
      value={words}
      onChange={(event) => setWords(event.currentTarget.value)}
      onBlur={spend}
      onKeyDown={(event) => {
        if (event.key === "Enter") spend();
      }}
    />
  );
}

function Times({ filters, onChange }: Omit<PanelProps, "project">) {
  const put = (name: "from_ms" | "to_ms", value: string) => {
    const at = value === "" ? null : new Date(value).getTime();
    const next = { ...filters, [name]: at };
    onChange({ ...next, range: next.from_ms === null && next.to_ms === null ? "all" : "custom" });
  };
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <TextInput
        size="xs"
        type="datetime-local"
        label="Started from"
        value={local(filters.from_ms)}
        onChange={(event) => put("from_ms", event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        type="datetime-local"
        label="Started before"
        value={local(filters.to_ms)}
        onChange={(event) => put("to_ms", event.currentTarget.value)}
      />
    </SimpleGrid>
  );
}

function local(atMs: number | null): string {
  if (atMs === null) return "";
  const at = new Date(atMs);
  return new Date(atMs - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
