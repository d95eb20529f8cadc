import { expect, test } from "vitest";

import { addressScrubber, urlTemplate } from "../../../src/capture/url_template.js";

test.each([
  ["https://a.example/orders/1234", "https://a.example/orders/:id"],
  ["https://a.example/u/0193f0a0-1111-7abc-8def-000000000000/x", "https://a.example/u/:id/x"],
  ["https://a.example/u/ann%40example.com", "https://a.example/u/:id"],
  ["https://a.example/f/5f2b6c1d9e8a", "https://a.example/f/:id"],
  ["https://a.example/s/eyJhbGciOiJIUzI1NiJ9abc123", "https://a.example/s/:id"],
  ["https://a.example/api/v1/products", "https://a.example/api/v1/products"],
  ["https://a.example/decade/facade", "https://a.example/decade/facade"],
  ["https://a.example/s?q=ann&page=2&q=b#part", "https://a.example/s?q&page"],
  ["data:text/plain,secret", "data:…"],
  ["not an address?x=1", "not an address"],
])("%s → %s", (address, expected) => {
  expect(urlTemplate(address)).toBe(expected);
});

test.each([
  ["https://a.example/orders/1234", "https://a.example/orders/1234"],
  ["https://a.example/s?q=Erika+Mustermann&page=2&empty=", "https://a.example/s?q=*&page=2&empty="],
  ["https://a.example/s?Erika&ann@example.com=1", "https://a.example/s?*&*=*"],
  ["https://a.example/cb#access_token=abc", "https://a.example/cb#*"],
  ["https://a.example/?a=1#/orders/7?q=Erika", "https://a.example/?a=*#/orders/7?q=*"],
  ["https://a.example/#!/orders", "https://a.example/#!/orders"],
  ["https://ann:secret@a.example/x", "https://a.example/x"],
  ["/relative?q=Erika#", "/relative?q=*#"],
  ["data:text/plain,Erika", "data:…"],
  ["about:blank", "about:blank"],
  ["", ""],
])("an address is kept as %s → %s", (address, expected) => {
  expect(addressScrubber(["page"])(address)).toBe(expected);
});
