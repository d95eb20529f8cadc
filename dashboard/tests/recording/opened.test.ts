import { beforeEach, expect, test, vi } from "vitest";
import { openAhead, openedRecording, takeRecording } from "../../src/recording/opened";

beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
});

test("what was begun ahead is taken once; a later visit loads anew", () => {
  openAhead("p", "s1");
  const ahead = openedRecording("p", "s1");

  expect(takeRecording("p", "s1")).toBe(ahead);
  expect(takeRecording("p", "s1")).not.toBe(ahead);
});

test("what was begun ahead for another session is let go", () => {
  openAhead("p", "s1");
  const ahead = openedRecording("p", "s1");

  expect(takeRecording("p", "s2")).not.toBe(ahead);
});
