/** The project that the address names. */

import { useParams } from "react-router";

/** Return the project of this page. */
export function useProject(): string {
  return useParams().project ?? "default";
}
