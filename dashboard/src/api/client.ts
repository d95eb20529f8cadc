/** The one way to the API: addresses, the project, the CSRF token and errors. */

import type {
  ApiKey,
  CreatedKey,
  Facets,
  Hotspots,
  InsightEntry,
  Items,
  Ledger,
  MaskedPlace,
  Me,
  Overview,
  Problem9457,
  SavedView,
  SessionDocument,
  SessionList,
  SignalEntry,
  System,
} from "./documents";

const ROOT = "/api/v1";

/** An answer that is no success, or none at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/** Build the address of a route with its query; empty values are left out. */
export function address(path: string, query: URLSearchParams = new URLSearchParams()): string {
  const text = query.toString();
  return `${ROOT}${path}${text ? `?${text}` : ""}`;
}

/** Build a project's address of a route. */
export function projectAddress(project: string, path: string, query?: URLSearchParams): string {
  const whole = new URLSearchParams(query);
  whole.set("project_id", project);
  return address(path, whole);
}

let csrfToken: string | null = null;

async function failure(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => null)) as Partial<Problem9457> | null;
  const detail = problem?.detail ?? `The server answered ${response.status}.`;
  return new ApiError(response.status, problem?.code ?? "unknown", detail);
}

/** Fetch, and turn what is no success into an `ApiError`. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", "The server cannot be reached.");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function read<T>(url: string, signal?: AbortSignal): Promise<T> {
  const response = await send(url, signal ? { signal } : {});
  return (await response.json()) as T;
}

async function csrf(): Promise<string> {
  if (csrfToken === null) await me();
  return csrfToken ?? "";
}

async function write(method: string, url: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { "X-TraceFlow-CSRF": await csrf() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return send(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

function remember(document: Me): Me {
  csrfToken = document.csrf_token;
  return document;
}

/** Exchange a one-time token for a session cookie. */
export async function signIn(token: string): Promise<Me> {
  const response = await send(address("/sign-in"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  return remember((await response.json()) as Me);
}

/** Return who is signed in. */
export async function me(signal?: AbortSignal): Promise<Me> {
  return remember(await read<Me>(address("/me"), signal));
}

/** End the session of this browser. */
export async function signOut(): Promise<void> {
  await write("POST", address("/sign-out"));
  csrfToken = null;
}

const at = (sessionId: string) => `/sessions/${encodeURIComponent(sessionId)}`;

/** The routes of one project. */
export const api = {
  sessions: (project: string, query: URLSearchParams, signal?: AbortSignal) =>
    read<SessionList>(projectAddress(project, "/sessions", query), signal),
  facets: (project: string, query: URLSearchParams, signal?: AbortSignal) =>
    read<Facets>(projectAddress(project, "/sessions/facets", query), signal),
  session: (project: string, id: string, signal?: AbortSignal) =>
    read<SessionDocument>(projectAddress(project, at(id)), signal),
  signals: (project: string, id: string, signal?: AbortSignal) =>
    read<Items<SignalEntry>>(projectAddress(project, `${at(id)}/signals`), signal),
  insights: (project: string, id: string, signal?: AbortSignal) =>
    read<Items<InsightEntry>>(projectAddress(project, `${at(id)}/insights`), signal),
  recording: (project: string, id: string, signal: AbortSignal) =>
    send(projectAddress(project, `${at(id)}/recording`), { signal }),
  analyze: async (project: string, id: string) => {
    await write("POST", projectAddress(project, `${at(id)}/analyze`));
  },
  overview: (project: string, query: URLSearchParams, signal?: AbortSignal) =>
    read<Overview>(projectAddress(project, "/overview", query), signal),
  hotspots: (project: string, query: URLSearchParams, signal?: AbortSignal) =>
    read<Hotspots>(projectAddress(project, "/overview/hotspots", query), signal),
  views: (project: string, signal?: AbortSignal) =>
    read<Items<SavedView>>(projectAddress(project, "/views"), signal),
  saveView: async (project: string, name: string, query: string) => {
    await write("POST", projectAddress(project, "/views"), { name, query });
  },
  deleteView: async (project: string, viewId: string) => {
    await write("DELETE", projectAddress(project, `/views/${encodeURIComponent(viewId)}`));
  },
  keys: (project: string, signal?: AbortSignal) =>
    read<Items<ApiKey>>(projectAddress(project, "/keys"), signal),
  createKey: async (project: string, scope: string) =>
    (await (await write("POST", projectAddress(project, "/keys"), { scope })).json()) as CreatedKey,
  revokeKey: async (project: string, keyId: string) => {
    await write("DELETE", projectAddress(project, `/keys/${encodeURIComponent(keyId)}`));
  },
  system: (project: string, signal?: AbortSignal) => read<System>(projectAddress(project, "/system"), signal),
  ledger: (project: string, signal?: AbortSignal) => read<Ledger>(projectAddress(project, "/ledger"), signal),
  preview: async (project: string, sessionId: string, limit: number) => {
    const body = { session_id: sessionId, limit };
    const response = await write("POST", projectAddress(project, "/redaction/preview"), body);
    return (await response.json()) as Items<MaskedPlace>;
  },
  streamAddress: (project: string) => projectAddress(project, "/stream"),
};
