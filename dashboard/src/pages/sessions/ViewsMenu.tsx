/** Saved views: names for what the list is narrowed down to. */

import { ActionIcon, Button, Group, Menu, Text, TextInput } from "@mantine/core";
import { IconBookmark, IconChevronDown, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { viewsQuery } from "../../api/queries";
import { type Filters, toSearch } from "../../logic/filters";

interface MenuProps {
  project: string;
  filters: Filters;
  onPick: (query: string) => void;
}

/** Picks, saves and deletes views. */
export default function ViewsMenu({ project, filters, onPick }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const views = useQuery({ ...viewsQuery(project), enabled: isOpen });
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: viewsQuery(project).queryKey });
  const remove = useMutation({ mutationFn: (id: string) => api.deleteView(project, id), onSuccess: again });
  const save = useMutation({
    mutationFn: (name: string) => api.saveView(project, name, toSearch(filters).toString()),
    onSuccess: again,
  });
  const items = views.data?.items ?? [];
  return (
    <Menu position="bottom-end" width={280} shadow="md" opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconBookmark size={15} />}
          rightSection={<IconChevronDown size={13} />}
        >
          Views
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Saved views</Menu.Label>
        {items.length === 0 && (
          <Text size="sm" c="dimmed" px="sm" py={6}>
            {views.isPending ? "Loading…" : "None yet: save what is filtered now."}
          </Text>
        )}
        {items.map((view) => (
          <Group key={view.view_id} gap={2} wrap="nowrap">
            <Menu.Item onClick={() => onPick(view.query)} flex={1} miw={0}>
              <Text size="sm" truncate>
                {view.name}
              </Text>
            </Menu.Item>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="md"
              aria-label={`Delete view ${view.name}`}
              onClick={() => remove.mutate(view.view_id)}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </Group>
        ))}
        <Menu.Divider />
        <SaveForm
          error={save.error?.message ?? remove.error?.message ?? null}
          onSave={(name) => save.mutate(name)}
        />
      </Menu.Dropdown>
    </Menu>
  );
}

function SaveForm({ error, onSave }: { error: string | null; onSave: (name: string) => void }) {
  const [name, setName] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === "") return;
        onSave(name.trim());
        setName("");
      }}
    >
      <Group gap="xs" p={6} wrap="nowrap" align="flex-start">
        <TextInput
          size="xs"
          flex={1}
          aria-label="Name of the view"
          placeholder="Name this view"
          value={name}
          maxLength={80}
          error={error}
          onChange={(event) => setName(event.currentTarget.value)}
          // The menu takes letters as a search among its items.
          onKeyDown={(event) => event.stopPropagation()}
        />
        <Button size="xs" type="submit" disabled={name.trim() === ""}>
          Save
        </Button>
      </Group>
    </form>
  );
}
