// A real Chromium, pages with the script tag, and what every test asks of the recording.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { chromium } from "playwright-core";

import { Receiver } from "./receiver.mjs";

export const KEY = `tf_ingest_${"a".repeat(12)}_${"b".repeat(43)}`;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];

export const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function openBrowser() {
  if (!existsSync(chromiumPath)) throw new Error(`no Chromium at ${chromiumPath}: set CHROMIUM`);
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: FLAGS,
    // Playwright turns the back/forward cache off; a visitor's browser has it on.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

/** For each test of a file: a door, a site and a visitor who was never there before. */
export function useStage(hooks) {
  const stage = {};
  hooks.before(async () => {
    stage.browser = await openBrowser();
  });
  hooks.beforeEach(async () => {
    stage.receiver = await new Receiver().open();
    stage.context = await stage.browser.newContext({ viewport: { width: 1000, height: 700 } });
  });
  hooks.afterEach(async () => {
    await stage.context.close();
    await stage.receiver.close();
  });
  hooks.after(() => stage.browser.close());
  stage.visit = async (path = "/") => {
    const tab = await stage.context.newPage();
    await tab.goto(stage.receiver.siteUrl + path);
    return tab;
  };
  stage.record = async (path = "/") => {
    const tab = await stage.visit(path);
    await recording(tab);
    return tab;
  };
  return stage;
}

/** A page with the script tag. */
export const page = (receiver, body, { attributes = "", head = "", nonce = "" } = {}) =>
  `<!doctype html><html><head><meta charset="utf-8"><title>page</title>${head}
<script async ${nonce && `nonce="${nonce}"`} src="${receiver.doorUrl}/ingest/v1/sdk.js" data-key="${KEY}" ${attributes}></script>
</head><body>${body}</body></html>`;

export async function until(claim, holds, timeoutMs = 10_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${claim}`);
    await sleep(50);
  }
}

export const recording = (tab) =>
  tab.waitForFunction(() => globalThis.traceflow?.getSessionId?.(), null, { timeout: 8000 });

const hasGap = (segments) => segments.some(({ segment_id }, i) => segment_id !== i);

/** No gap in the end, no conflict; each window has a snapshot. */
export async function assertWhole(receiver) {
  await until("numbers without a gap", () => ![...receiver.windows().values()].some(hasGap), 25_000).catch(() => {});
  assert.deepEqual(receiver.conflicts, [], "the same number with other bytes");
  for (const [key, segments] of receiver.windows()) {
    const ids = segments.map(({ segment_id }) => segment_id);
    assert.ok(!hasGap(segments), `${key}: numbers without a gap, not ${ids}`);
    const events = segments.flatMap((segment) => segment.events);
    assert.ok(
      events.some(({ type }) => type === 2),
      `${key}: a full snapshot`,
    );
  }
}

/** Everything tracked is there once, in any order of windows. */
export function assertTracked(receiver, names) {
  assert.deepEqual([...receiver.tracked()].sort(), [...names].sort());
}
