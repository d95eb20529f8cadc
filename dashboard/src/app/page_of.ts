/** Which of the two pages that people come to by a link an address names. */

/** A page with what its address says. */
export type LinkedPage =
  | { kind: "sessions"; project: string }
  | { kind: "session"; project: string; id: string };

/** Return the page of a path, as the router would. */
export function pageOf(path: string): LinkedPage | null {
  const found = /^\/p\/([^/]+)\/sessions(?:\/([^/]+))?\/?$/.exec(path);
  if (!found?.[1]) return null;
  try {
    const project = decodeURIComponent(found[1]);
    if (!found[2]) return { kind: "sessions", project };
    return { kind: "session", project, id: decodeURIComponent(found[2]) };
  } catch {
    return null;
  }
}
