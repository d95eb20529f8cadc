import { expect, test } from "vitest";

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
