/** The one-time token of a sign-in link: taken from the fragment, and gone from the address at once. */

import { setWayBack } from "./useSignInRedirect";

let taken: string | null = null;

/** Take the token, and the page that the link leads to, if this is a sign-in link. */
export function takeSignInToken(): void {
  if (location.pathname !== "/sign-in") return;
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  const next = fragment.get("next");
  if (token) taken = token;
  if (next) setWayBack(next);
  if (location.hash) history.replaceState(history.state, "", location.pathname);
}

/** Return the token that was taken, once. */
export function spendSignInToken(): string | null {
  const token = taken;
  taken = null;
  return token;
}
