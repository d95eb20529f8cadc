/** What happens where nobody is signed in. */

import { useEffect } from "react";
import { useLocation, useNavigate } from "react-router";
import { ApiError } from "../api/client";

const BACK = "tf-back";

/** Go to the sign-in page when an answer was 401; the page comes back here afterwards. */
export function useSignInRedirect(error: Error | null): void {
  const navigate = useNavigate();
  const location = useLocation();
  const isSignedOut = error instanceof ApiError && error.status === 401;
  const here = location.pathname + location.search;
  useEffect(() => {
    if (!isSignedOut) return;
    setWayBack(here);
    void navigate("/sign-in", { replace: true });
  }, [isSignedOut, here, navigate]);
}

/** Go to this page after signing in. */
export function setWayBack(path: string): void {
  sessionStorage.setItem(BACK, path);
}

/** Return where to go after signing in, once. */
export function takeWayBack(): string {
  const back = sessionStorage.getItem(BACK);
  sessionStorage.removeItem(BACK);
  return back?.startsWith("/p/") ? back : "/";
}
