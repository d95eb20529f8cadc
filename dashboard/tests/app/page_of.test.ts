import { expect, test } from "vitest";
import { pageOf } from "../../src/app/page_of";

test("the addresses of the list and of a session are told from others", () => {
  expect(pageOf("/p/default/sessions")).toEqual({ kind: "sessions", project: "default" });
  expect(pageOf("/p/a%20b/sessions/s1")).toEqual({ kind: "session", project: "a b", id: "s1" });
  expect(pageOf("/p/default/overview")).toBeNull();
  expect(pageOf("/sign-in")).toBeNull();
  expect(pageOf("/p/%E0%A4%A/sessions")).toBeNull();
});
