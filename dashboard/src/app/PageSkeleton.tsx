/** What stands where a page's code still loads. */

import { Skeleton, Stack } from "@mantine/core";

/** Grey bars in about the places of a page's parts. */
export function PageSkeleton() {
  return (
    <Stack gap="md" p="lg" aria-busy="true">
      <Skeleton h={36} w={240} />
      <Skeleton h={44} />
      <Skeleton h={360} />
    </Stack>
  );
}
