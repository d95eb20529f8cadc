/** The filters' panel over the list, and the button that opens it. */

import { Popover } from "@mantine/core";
import { lazy, Suspense } from "react";
import { countNarrowing, type Filters } from "../../logic/filters";
import { FiltersButton } from "./FiltersButton";
import classes from "./sessions.module.css";

// The panel is opened now and then; the list does without it.
const FilterPanel = lazy(() => import("./FilterPanel"));

interface PopoverProps {
  project: string;
  filters: Filters;
  onChange: (next: Filters) => void;
}

/** Shows the button, and the panel once it is pressed. */
export default function FilterPopover({ project, filters, onChange }: PopoverProps) {
  return (
    <Popover position="bottom-start" shadow="md" width={520} trapFocus withinPortal>
      <Popover.Target>
        <FiltersButton count={countNarrowing(filters)} />
      </Popover.Target>
      <Popover.Dropdown className={classes.panel ?? ""}>
        <Suspense fallback={<div className={classes.panelSpace} />}>
          <FilterPanel project={project} filters={filters} onChange={onChange} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
