import { describe, expect, test } from "vitest";

import { type Answer, judge, limitMs, NO_ANSWER, retryAfterMs } from "../../../src/transport/answer.js";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const PROBLEM = "application/problem+json";
const verdict = (answer: Partial<Answer>) => judge({ ...NO_ANSWER, ...answer }, NOW);

describe("an answer", () => {
  test("202 with an outcome is taken, whether new or known", () => {
    expect(verdict({ status: 202, body: '{"outcome":"accepted"}' })).toEqual({
      kind: "accepted",
      wantsSnapshot: false,
    });
    expect(verdict({ status: 202, body: '{"outcome":"accepted","duplicate":true,"snapshot": true}' })).toEqual({
      kind: "accepted",
      wantsSnapshot: true,
    });
  });

  test.each([400, 404, 409, 413, 415])("%i of the door is never sent again", (status) => {
    expect(verdict({ status, contentType: PROBLEM }).kind).toBe("refused");
  });

  test.each([401, 403])("%i of the door ends it all", (status) => {
    expect(verdict({ status, contentType: `${PROBLEM}; charset=utf-8` }).kind).toBe("forbidden");
  });

  test.each([0, 408, 429, 500, 502, 503, 504])("%i is sent again", (status) => {
    expect(verdict({ status, contentType: PROBLEM }).kind).toBe("later");
  });

  test.each([200, 202, 302, 400, 401, 403, 413])("%i of somebody else is sent again", (status) => {
    expect(verdict({ status, contentType: "text/html", body: "<html>" }).kind).toBe("later");
  });

  test("the longest wait of both headers counts, up to an hour", () => {
    const wait = (retryAfter: string | null, rateLimits: string | null) =>
      (verdict({ status: 429, retryAfter, rateLimits }) as { waitMs: number }).waitMs;
    expect(wait("2", "5:segment")).toBe(5000);
    expect(wait("9", "5:segment")).toBe(9000);
    expect(wait("99999999", null)).toBe(3_600_000);
  });
});

test.each([
  ["3", 3000],
  ["0.5", 500],
  ["-1", 0],
  ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["soon", 0],
  [null, 0],
])("Retry-After %s is %i ms", (header, expected) => {
  expect(retryAfterMs(header, NOW)).toBe(expected);
});

test.each([
  ["5:segment", 5000],
  ["5:other", 0],
  ["5:", 5000],
  ["5", 5000],
  ["60:other, 2:segment,7:segment", 7000],
  ["3:other;segment", 3000],
  ["x:segment", 0],
  [null, 0],
])("rate limits %s hold segments back for %i ms", (header, expected) => {
  expect(limitMs(header)).toBe(expected);
});
