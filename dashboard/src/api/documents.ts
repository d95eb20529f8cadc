/** The documents of `/api/v1`, typed once. What older servers leave out is optional here. */

/** The kinds of signal that detectors give; a newer server may know more. */
export type SignalKind = string;

/** What a claim rests on: an event of a segment of a window. */
export interface Evidence {
  window_id: string;
  segment_id: number;
  event_index: number;
  at_ms: number;
}

/** Who the visitor is, in tokens. */
export interface Visitor {
  anonymous_id: string | null;
  identified_id: string | null;
  traits: Record<string, unknown>;
}

/** A moment of a session that the list's compact timeline shows. */
export interface Moment {
  kind: string;
  at_ms: number;
}

/** What is known of device and release; null where it is not. */
export interface Facts {
  visitor?: Visitor | null;
  device?: string | null;
  browser?: string | null;
  os?: string | null;
  country?: string | null;
  release?: string | null;
  environment?: string | null;
}

/** A session as lists show it. */
export interface SessionItem extends Facts {
  session_id: string;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  duration_ms: number | null;
  state: "open" | "closed";
  windows: number;
  events: number;
  errors: number;
  signals: Record<SignalKind, number>;
  frustration_score: number;
  pages: string[];
  timeline?: Moment[] | null;
}

/** A page of sessions. */
export interface SessionList {
  items: SessionItem[];
  next_cursor: string | null;
}

/** What has come of one window. */
export interface WindowCompleteness {
  window_id: string;
  segments: number;
  gaps: number[];
  missing_full_snapshot: boolean | null;
  final: boolean;
}

/** A kind of signal and what it adds to the score. */
export interface FrustrationPart {
  kind: SignalKind;
  count: number;
  points: number;
}

/** A session's own page. */
export interface SessionDocument extends SessionItem {
  revision: number;
  completeness: { complete: boolean; windows: WindowCompleteness[] };
  masked: Record<string, number>;
  frustration: { score: number; parts: FrustrationPart[] };
}

/** A signal with the events it rests on. */
export interface SignalEntry {
  signal_id: string;
  kind: SignalKind;
  at_ms: number;
  reason: string;
  evidence: Evidence[];
  page?: string | null;
  element?: string | null;
}

/** One claim of an insight. */
export interface Finding {
  kind: string;
  text: string;
  evidence: Evidence[];
}

/** What an analysis concluded. */
export interface InsightEntry {
  insight_id: string;
  provider: string;
  model: string;
  summary: string;
  findings: Finding[];
  rejected: Record<string, number>;
}

/** A list without pages. */
export interface Items<T> {
  items: T[];
}

/** A value of a fact and how many sessions have it. */
export interface FacetValue {
  value: string;
  sessions: number;
}

/** What the filter menus offer. */
export type FacetName = "device" | "browser" | "os" | "country" | "release" | "environment";
/** The values of every fact. */
export type Facets = Partial<Record<FacetName, FacetValue[]>>;

/** Where an example of something is seen. */
export interface Example {
  session_id: string;
  at_ms: number;
}

/** A problem by kind, page and element. */
export interface Problem {
  kind: SignalKind;
  page: string | null;
  element: string | null;
  signals: number;
  sessions: number;
  share: number;
  example: Example | null;
}

/** Errors of one group. */
export interface ErrorGroup {
  group_id: string;
  name: string | null;
  message: string | null;
  events: number;
  sessions: number;
  first_at_ms: number;
  last_at_ms: number;
  example: Example | null;
}

/** Frustration in one stretch of time. */
export interface FrustrationBucket {
  at_ms: number;
  sessions: number;
  mean_score: number | null;
  p90_score: number | null;
}

/** A project at a glance. */
export interface Overview {
  sessions: number;
  sessions_with_signals: number;
  median_score: number | null;
  frustration: FrustrationBucket[];
  bucket_ms: number;
  problems: Problem[];
  errors: ErrorGroup[];
}

/** Rage clicks on one page, with a snapshot to lay them over. */
export interface Hotspots {
  page: string;
  signals: number;
  snapshot: Example | null;
  points: { x: number; y: number; viewport_width: number | null; signals: number }[];
}

/** Who is signed in. */
export interface Me {
  user: { user_id: string; name: string };
  tenant_id: string;
  projects: { project_id: string }[];
  csrf_token: string;
}

/** A key, without its secret. */
export interface ApiKey {
  key_id: string;
  project_id: string;
  scope: string;
  created_at_ms: number | null;
  revoked_at_ms: number | null;
  start: string;
}

/** A key as it is shown once. */
export interface CreatedKey {
  key: string;
  key_id: string;
}

/** A saved view: a name for a list's query string. */
export interface SavedView {
  view_id: string;
  name: string;
  query: string;
}

/** A process of the stack. */
export interface Component {
  name: string;
  state: string;
  version?: string | null;
  detail?: string | null;
}

/** How the stack is. */
export interface System {
  components: Component[];
  stream_lag: number | null;
  version: string | null;
  retention?: { class: string; days: number | null } | null;
  redaction?: { types: string[] } | null;
}

/** How segments ended. */
export interface Ledger {
  received: number;
  in_flight: number;
  items: { outcome: string; reason: string; segments: number }[];
}

/** A token found in a stored session. */
export interface MaskedPlace {
  window_id: string;
  segment_id: number;
  event_index: number;
  at_ms: number;
  path: string;
  type: string;
  token: string;
}

/** What the stream of server-sent events says. */
export interface Notice {
  kind: "session" | "signal" | "insight";
  session_id: string;
}

/** An error as the API words it. */
export interface Problem9457 {
  status: number;
  code: string;
  detail: string;
  path?: string;
}
