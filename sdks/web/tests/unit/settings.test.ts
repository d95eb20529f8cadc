import { expect, test, vi } from "vitest";

import { settingsOf } from "../../src/settings.js";

test("what is left out has its default, also where it is undefined", () => {
  const settings = settingsOf({
    key: "tf_ingest_abc_secret",
    endpoint: "https://t.example/",
    sampleRate: undefined as never,
  });
  expect(settings).toMatchObject({
    endpoint: "https://t.example",
    dashboardUrl: "https://t.example",
    sampleRate: 1,
    maskAllInputs: true,
    recordCanvas: false,
    prefix: "tf_abc_",
    network: {},
  });
  expect(JSON.stringify(settings?.prefix)).not.toContain("secret");
});

test("without a key or an address there is nothing to do", () => {
  expect(settingsOf({ key: "", endpoint: "https://t.example" })).toBeNull();
  expect(settingsOf({ key: "k" })).toBeNull();
  expect(settingsOf({ key: "k", endpoint: "t.example" })).toBeNull();
});

const DOOR = { key: "tf_ingest_abc_secret", endpoint: "https://t.example" };

test("addresses lose their values by default, and where the site's own rule fails", () => {
  const address = "https://a.example/s?q=Erika&page=2";
  expect(settingsOf(DOOR)?.scrubUrl(address)).toBe("https://a.example/s?q=*&page=*");
  expect(settingsOf({ ...DOOR, keepQuery: ["page"] })?.scrubUrl(address)).toBe("https://a.example/s?q=*&page=2");
  expect(settingsOf({ ...DOOR, scrubUrl: (url) => url })?.scrubUrl(address)).toBe(address);
  const failing = (): string => {
    throw new Error("theirs");
  };
  expect(settingsOf({ ...DOOR, scrubUrl: failing })?.scrubUrl(address)).toBe("https://a.example/s?q=*&page=*");
});

test("an option of a wrong type is warned of, and its default or what protects is used", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const wrong = {
    scrubUrl: "x",
    sampleRate: "50%",
    network: 3,
    parentOrigins: "https://a",
    maskAllText: "yes",
    release: 1,
  };
  const settings = settingsOf({ ...DOOR, ...wrong, console: true } as never);
  expect(settings).toMatchObject({
    sampleRate: 1,
    network: {},
    parentOrigins: [],
    maskAllText: true,
    release: null,
    console: ["debug", "info", "log", "warn", "error"],
  });
  expect(settings?.scrubUrl("https://a.example/?q=1")).toBe("https://a.example/?q=*");
  expect(warn.mock.calls.map(([text]) => /option (\w+)/.exec(text)?.[1])).toEqual(Object.keys(wrong));
  expect(settingsOf({ key: 7, endpoint: "https://t.example" } as never)).toBeNull();
  warn.mockRestore();
});
