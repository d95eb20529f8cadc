import { expect, test } from "vitest";

import { readTag } from "../../src/tag.js";

const tag = (attributes: string): HTMLScriptElement => {
  document.body.innerHTML = `<script type="text/plain" ${attributes}></script>`;
  return document.body.firstElementChild as HTMLScriptElement;
};

test("options are read from the tag, the address from its src", () => {
  const found = readTag(
    tag(
      'src="https://t.example/base/ingest/v1/sdk.js?v=1" data-key="tf_ingest_1_2" data-sample-rate="0.5" data-release="1.10" ' +
        'data-require-consent="true" data-console=\'["error"]\' data-network="false" data-mask-selector="#a"',
    ),
  );
  expect(found).toEqual({
    key: "tf_ingest_1_2",
    endpoint: "https://t.example/base",
    sampleRate: 0.5,
    release: "1.10",
    requireConsent: true,
    console: ["error"],
    network: false,
    maskSelector: "#a",
  });
});

test("an address in the tag comes before the one of src", () => {
  const found = readTag(tag('src="https://cdn.example/ingest/v1/sdk.js" data-endpoint="https://t.example"'));
  expect(found.endpoint).toBe("https://t.example");
});

test("a list of names may be written with commas", () => {
  expect(readTag(tag('data-keep-query="page, 1"')).keepQuery).toEqual(["page", "1"]);
  expect(readTag(tag("data-keep-query='[\"page\"]'")).keepQuery).toEqual(["page"]);
  expect(readTag(tag('data-parent-origins="https://a.example"')).parentOrigins).toEqual(["https://a.example"]);
});
