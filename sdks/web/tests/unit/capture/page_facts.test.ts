import { expect, test } from "vitest";

import { readUserAgent } from "../../../src/capture/page_facts.js";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`, 0, ["Chrome", "140.0", "Windows", "10.0", "desktop"]],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Edg/140.0.1.2`,
    0,
    ["Edge", "140.0", "Windows", "10.0", "desktop"],
  ],
  [`Mozilla/5.0 (X11; Linux x86_64) ${CHROME}`, 0, ["Chrome", "140.0", "Linux", "", "desktop"]],
  [
    `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${CHROME.replace("Safari", "Mobile Safari")}`,
    5,
    ["Chrome", "140.0", "Android", "15", "mobile"],
  ],
  [`Mozilla/5.0 (Linux; Android 14; SM-X710) ${CHROME}`, 5, ["Chrome", "140.0", "Android", "14", "tablet"]],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1",
    5,
    ["Safari", "18.1", "iOS", "18.1", "mobile"],
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    0,
    ["Safari", "18.1", "macOS", "10.15", "desktop"],
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    5,
    ["Safari", "18.1", "iOS", "", "tablet"],
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    0,
    ["Firefox", "145.0", "Linux", "", "desktop"],
  ],
  ["curl/8", 0, ["unknown", "", "unknown", "", "desktop"]],
] as const)("%s with %i touches", (line, touches, expected) => {
  const { browser, os, device } = readUserAgent(line, touches);
  expect([browser.name, browser.version, os.name, os.version, device]).toEqual(expected);
});
