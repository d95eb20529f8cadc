/** The button that opens the filters. */

import { Badge, Button, type ButtonProps } from "@mantine/core";
import { IconAdjustmentsHorizontal } from "@tabler/icons-react";
import type { RefAttributes } from "react";

/** Shows how many filters are set; `props` are those that a popover gives to what opens it. */
export function FiltersButton({
  count,
  ...props
}: { count: number } & ButtonProps & RefAttributes<HTMLButtonElement>) {
  return (
    <Button
      {...props}
      size="xs"
      variant="default"
      leftSection={<IconAdjustmentsHorizontal size={15} />}
      rightSection={
        count > 0 ? (
          <Badge size="sm" circle>
            {count}
          </Badge>
        ) : null
      }
    >
      Filters
    </Button>
  );
}
