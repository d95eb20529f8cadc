import { expect, test } from "vitest";

import { describeError } from "../../../src/capture/error.js";

test("an error has its name, message and stack", () => {
  const found = describeError(new TypeError("no card"), false);
  expect(found).toMatchObject({ name: "TypeError", message: "no card", handled: false });
  expect(found.stack).toContain("TypeError");
});

test.each([
  ["thrown text", { name: "Error", message: "thrown text", stack: "" }],
  [undefined, { name: "Error", message: "Script error.", stack: "" }],
  [null, { name: "Error", message: "null", stack: "" }],
  [{ code: 5 }, { name: "Error", message: "Script error.", stack: "" }],
])("%o", (thrown, expected) => {
  expect(describeError(thrown, true, "Script error.")).toEqual({ ...expected, handled: true });
});

test("an error whose members throw is still told", () => {
  const hostile = new Error("x");
  Object.defineProperty(hostile, "message", {
    get: () => {
      throw new Error("again");
    },
  });
  expect(describeError(hostile, false).name).toBe("Error");
});
