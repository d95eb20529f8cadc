import { beforeEach, expect, test } from "vitest";

import { openStore } from "../../../src/session/storage.js";
import { trackVisitor } from "../../../src/session/visitor.js";

const open = () => trackVisitor(openStore("localStorage", "tf_x_"));

beforeEach(() => localStorage.clear());

test("a visitor stays the same over pages until forgotten", () => {
  const { anonymous_id } = open().current(1);
  expect(open().current(2).anonymous_id).toBe(anonymous_id);
  open().forget();
  expect(open().current(3).anonymous_id).not.toBe(anonymous_id);
});

test("traits of one visitor add up; another one's do not inherit them", () => {
  open().identify("u-1", { plan: "pro" }, 1);
  open().identify("u-1", { size: 5 }, 2);
  expect(open().current(3)).toMatchObject({ identified_id: "u-1", traits: { plan: "pro", size: 5 } });
  open().identify("u-2", {}, 4);
  expect(open().current(5)).toMatchObject({ identified_id: "u-2", traits: {} });
});
