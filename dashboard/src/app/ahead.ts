// Comes before React in main.tsx: while that is executed, the address's page and its recording are fetched.

import { openAhead } from "../recording/opened";
import { pageOf } from "./page_of";

const page = pageOf(location.pathname);
if (page?.kind === "session") {
  openAhead(page.project, page.id);
  // A chunk that does not come is told of by the router, which asks for it again.
  import("../pages/session/SessionPage").catch(() => {});
} else if (page?.kind === "sessions") {
  import("../pages/sessions/SessionsPage").catch(() => {});
}
