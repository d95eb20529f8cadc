import { expect, test } from "vitest";

import { urlTemplate } from "../../../src/capture/url_template.js";

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
