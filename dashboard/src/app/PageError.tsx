/** What stands where a page failed. */

import { Container } from "@mantine/core";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { FailureNote } from "../parts/Notes";

/** Shows the error of a route. */
export function PageError() {
  const error = useRouteError();
  const worded = isRouteErrorResponse(error)
    ? new Error(error.status === 404 ? "There is no such page." : error.statusText)
    : error instanceof Error
      ? error
      : new Error("Something went wrong.");
  return (
    <Container size="sm" py="xl">
      <FailureNote error={worded} onRetry={() => location.reload()} />
    </Container>
  );
}
