// What an answer of the server means for the segment: pure.

/** What came back; status 0 where nothing did. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | null;
  readonly rateLimits: string | null;
  readonly body: string;
}

export type Verdict =
  | { readonly kind: "accepted"; readonly wantsSnapshot: boolean }
  /** The segment can never be taken. */
  | { readonly kind: "refused" }
  /** The key cannot be used: nothing will be taken from this page. */
  | { readonly kind: "forbidden" }
  | { readonly kind: "later"; readonly waitMs: number };

export const NO_ANSWER: Answer = { status: 0, contentType: "", retryAfter: null, rateLimits: null, body: "" };

/** The longest wait that a server may ask for. */
const LONGEST_WAIT_MS = 3_600_000;
const CATEGORY = "segment";

export function judge(answer: Answer, nowMs: number): Verdict {
  const { status } = answer;
  if (status === 202) {
    if (/"outcome"\s*:/.test(answer.body)) {
      return { kind: "accepted", wantsSnapshot: /"snapshot"\s*:\s*true/.test(answer.body) };
    }
    return { kind: "later", waitMs: 0 };
  }
  // Anything between us and the door may answer too (a proxy, a hotel's sign-in page): only the door says problem.
  const isOurs = answer.contentType.startsWith("application/problem+json");
  if (isOurs && (status === 401 || status === 403)) return { kind: "forbidden" };
  if (isOurs && status >= 400 && status < 500 && status !== 408 && status !== 429) return { kind: "refused" };
  return { kind: "later", waitMs: waitOf(answer, nowMs) };
}

function waitOf(answer: Answer, nowMs: number): number {
  const waits = [retryAfterMs(answer.retryAfter, nowMs), limitMs(answer.rateLimits)];
  return Math.min(LONGEST_WAIT_MS, Math.max(...waits));
}

/** Retry-After: seconds, or a date. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (!header) return 0;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

/** `<seconds>:<category>[, …]`: the longest that concerns segments; no category means all. */
export function limitMs(header: string | null): number {
  let longest = 0;
  for (const part of (header ?? "").split(",")) {
    const [seconds = "", category = ""] = part.trim().split(":");
    const concerns = category === "" || category.split(";").includes(CATEGORY);
    if (concerns && Number(seconds) > 0) longest = Math.max(longest, Number(seconds) * 1000);
  }
  return longest;
}
