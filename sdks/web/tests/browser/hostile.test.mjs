import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { assertTracked, assertWhole, KEY, page, recording, until, useStage } from "./harness.mjs";

const stage = useStage({ before, beforeEach, afterEach, after });
const numbered = (count) => Array.from({ length: count }, (_, i) => `n-${i}`);
const track = (tab, names) => tab.evaluate((list) => void list.map((name) => traceflow.track(name)), names);

const BREAKING = `
  const junk = () => { throw new Error("the page's own"); };
  window.fetch = () => Promise.resolve({ ok: true, junk: true });
  JSON.stringify = () => "the page's own";
  JSON.parse = () => "the page's own";
  Array.prototype.toJSON = function () { return "array"; };
  Object.prototype.toJSON = function () { return "object"; };
  window.requestIdleCallback = junk;
`;

for (const [name, attributes] of [
  ["through the worker", ""],
  ["without a worker", 'data-worker="false"'],
]) {
  test(`a page that replaces fetch and JSON before the SDK is recorded ${name}`, async () => {
    const { receiver } = stage;
    receiver.pages["/"] = page(receiver, "<p id=p>x</p>", {
      attributes,
      head: `<script>${BREAKING}</script>`,
    });
    const tab = await stage.record();
    await track(tab, numbered(5));
    await until("all", () => receiver.tracked().length === 5);

    assertTracked(receiver, numbered(5));
    await assertWhole(receiver);
    assert.equal(await tab.evaluate(() => JSON.stringify({})), "the page's own");
    assert.equal(await tab.evaluate(() => [].toJSON()), "array");
  });

  test(`a page that breaks the browser after the SDK was loaded is recorded ${name}`, async () => {
    const { receiver } = stage;
    receiver.pages["/"] = page(receiver, "<p id=p>x</p>", { attributes });
    const tab = await stage.record();
    await until("the first segment", () => receiver.segments.size > 0);
    await tab.addScriptTag({ content: BREAKING });
    await track(tab, numbered(5));
    await until("all", () => receiver.tracked().length === 5);

    assertTracked(receiver, numbered(5));
    await assertWhole(receiver);
  });
}

test("a page that throws everywhere keeps its own errors, and gets none of ours", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(
    receiver,
    `<button id=b>b</button><script>
      addEventListener("error", () => { throw new Error("in the error handler"); }, { once: true });
      b.addEventListener("click", () => { throw { get message() { throw new Error("in a getter"); } }; });
      for (const name of ["localStorage", "sessionStorage", "indexedDB"])
        Object.defineProperty(window, name, { get() { throw new Error("no " + name); } });
      setTimeout(() => { null.x; }, 100);
    </script>`,
  );
  const tab = await stage.visit();
  const errors = [];
  tab.on("pageerror", (error) => errors.push(error?.message ?? "thrown"));
  await recording(tab);
  await tab.waitForTimeout(300);
  await tab.click("#b");
  await tab.evaluate(() => {
    traceflow.track({
      get name() {
        throw new Error("x");
      },
    });
    traceflow.track("hostile", {
      get x() {
        throw new Error("x");
      },
    });
    traceflow.identify(Symbol("s"));
    traceflow.captureError(
      new Proxy(
        {},
        {
          get() {
            throw new Error("proxy");
          },
        },
      ),
    );
  });
  await track(tab, ["fine"]);
  await until("all", () => receiver.tracked().includes("fine"));

  assert.deepEqual(
    errors.filter((message) => !/in the error handler|reading 'x'|thrown|Object|in a getter/.test(message)),
    [],
  );
  assert.ok(receiver.custom("error").length >= 2);
  await assertWhole(receiver);
});

test("a content security policy with a nonce: no worker, no harm", async () => {
  const { receiver } = stage;
  const policy = `default-src 'none'; script-src 'nonce-abc'; connect-src ${receiver.doorUrl}; style-src 'self'`;
  receiver.pages["/"] = () => ({
    headers: { "Content-Security-Policy": policy },
    body: page(receiver, "<canvas></canvas>", { nonce: "abc", attributes: "data-record-canvas" }),
  });
  const tab = await stage.visit();
  const errors = [];
  tab.on("pageerror", (error) => errors.push(error.message));
  await recording(tab);
  await track(tab, numbered(5));
  await until("all", () => receiver.tracked().length === 5);

  assert.deepEqual(errors, []);
  assertTracked(receiver, numbered(5));
  await assertWhole(receiver);
});

test("with worker=false a strict policy is not even touched", async () => {
  const { receiver } = stage;
  const policy = `default-src 'none'; script-src 'nonce-abc'; connect-src ${receiver.doorUrl}`;
  receiver.pages["/"] = () => ({
    headers: { "Content-Security-Policy": policy },
    body: page(receiver, "<p>x</p>", {
      nonce: "abc",
      attributes: 'data-worker="false"',
      head: `<script nonce=abc>violations = []; addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI))</script>`,
    }),
  });
  const tab = await stage.record();
  await until("the first segment", () => receiver.segments.size > 0);
  await tab.waitForTimeout(500);

  assert.deepEqual(await tab.evaluate(() => violations), []);
});

test("nothing is stored or sent before consent, and nothing stays after it is taken back", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p>x</p>", { attributes: "data-require-consent" });
  const stored = (tab) =>
    tab.evaluate(async () => [
      Object.keys(localStorage),
      Object.keys(sessionStorage),
      (await indexedDB.databases()).map(({ name }) => name),
    ]);
  const tab = await stage.visit();
  await tab.waitForFunction(() => globalThis.traceflow?.version);
  await tab.evaluate(() => traceflow.identify("early"));
  await tab.waitForTimeout(1000);
  assert.deepEqual([receiver.requests.length, await stored(tab)], [0, [[], [], []]]);

  await tab.evaluate(() => traceflow.optIn());
  await until("the first segment", () => receiver.segments.size > 0);
  assert.equal(receiver.custom("identify")[0].identified_id, "early");
  await tab.reload();
  await recording(tab);

  await tab.evaluate(() => traceflow.optOut());
  await tab.waitForTimeout(300);
  const requests = receiver.requests.length;
  await track(tab, ["after"]);
  await tab.reload();
  await tab.waitForTimeout(700);
  const [local, perTab] = await stored(tab);
  assert.deepEqual([local, perTab, receiver.requests.length, receiver.tracked()], [[], [], requests, []]);
});

test("whoever asks not to be tracked is not, where the site respects it", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p>x</p>", { attributes: "data-respect-do-not-track" });
  const tab = await stage.context.newPage();
  await tab.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
  await tab.goto(`${receiver.siteUrl}/`);
  await tab.waitForFunction(() => globalThis.traceflow?.version);
  await tab.waitForTimeout(500);

  assert.deepEqual([receiver.requests.length, await tab.evaluate(() => localStorage.length)], [0, 0]);
});

test("a session outside the sample sends nothing, on all of its pages", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p>x</p>", { attributes: 'data-sample-rate="0"' });
  receiver.pages["/all"] = page(receiver, "<p>x</p>");
  const tab = await stage.visit();
  await tab.waitForFunction(() => globalThis.traceflow?.version);
  await tab.goto(`${receiver.siteUrl}/all`);
  await tab.waitForTimeout(800);

  assert.equal(receiver.requests.length, 0);
});

test("30 minutes without the visitor end the session; its next sign begins another with a snapshot", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(
    receiver,
    "<button id=b>b</button><p id=clock></p><script>setInterval(() => { clock.textContent = Date.now() }, 60000)</script>",
    {
      attributes: 'data-worker="false"',
    },
  );
  const tab = await stage.context.newPage();
  await tab.clock.install();
  await tab.goto(`${receiver.siteUrl}/`);
  await recording(tab);
  await tab.click("#b");
  await track(tab, ["before"]);
  await until("before", () => receiver.tracked().length === 1);
  const first = await tab.evaluate(() => traceflow.getSessionId());

  await tab.clock.fastForward("29:00");
  await tab.clock.runFor(61_000);
  await until("the end of the session", async () => {
    await tab.clock.runFor(61_000);
    return [...receiver.segments.values()].some(({ final }) => final);
  });
  assert.equal(await tab.evaluate(() => traceflow.getSessionId()), null);
  const asleep = receiver.segments.size;
  await tab.clock.runFor(10 * 60_000);
  assert.equal(receiver.segments.size, asleep, "a page that nobody looks at sends nothing");

  await tab.click("#b");
  await track(tab, ["after"]);
  await tab.clock.runFor(6000);
  await until("after", () => receiver.tracked().length === 2);
  const second = await tab.evaluate(() => traceflow.getSessionId());

  assert.notEqual(second, first);
  assert.deepEqual([...receiver.sessions()].sort(), [first, second].sort());
  assert.equal(receiver.custom("page_facts").length, 2);
  await assertWhole(receiver);
});

test("reset is another visitor in another session", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p>x</p>");
  const tab = await stage.record();
  await tab.evaluate(() => traceflow.identify("u-1", { plan: "pro" }));
  await track(tab, ["before"]);
  await tab.evaluate(() => traceflow.reset());
  await track(tab, ["after"]);
  await tab.evaluate(() => traceflow.flush());
  await until("both", () => receiver.tracked().length === 2);

  const visitors = [...receiver.windows().values()].map((segments) => segments.at(-1).visitor);
  assert.deepEqual(visitors.map(({ identified_id }) => identified_id).sort(), [null, "u-1"].sort());
  assert.equal(new Set(visitors.map(({ anonymous_id }) => anonymous_id)).size, 2);
  await assertWhole(receiver);
});

test("stop sends what is left and says that the window ended; start goes on in a new one", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p>x</p>");
  const tab = await stage.record();
  await track(tab, ["before"]);
  await tab.evaluate(() => traceflow.stop());
  await until("the end", () => [...receiver.segments.values()].some(({ final }) => final));
  await track(tab, ["between"]);
  await tab.evaluate(() => {
    traceflow.start();
    document.body.append("more");
  });
  await track(tab, ["after"]);
  await until("after", () => receiver.tracked().includes("after"));

  assertTracked(receiver, ["before", "after"]);
  assert.deepEqual([receiver.sessions().size, receiver.windows().size], [1, 2]);
  await assertWhole(receiver);
});

test("the snippet queues calls and early errors until the bundle is there", async () => {
  const { receiver } = stage;
  const { readFile } = await import("node:fs/promises");
  const snippet = await readFile(new URL("../../dist/snippet.js", import.meta.url), "utf8");
  const script = snippet
    .replaceAll("SDK_SRC", JSON.stringify(`${receiver.doorUrl}/ingest/v1/sdk.js`))
    .replaceAll("SDK_OPTIONS", JSON.stringify({ key: KEY, release: "9" }));
  receiver.pages["/"] = `<!doctype html><head><script>${script}</script><script>
    traceflow.track("early"); traceflow.identify("u-9"); throw new Error("before the bundle");</script></head><body>x</body>`;
  const tab = await stage.record();
  await tab.evaluate(() => traceflow.flush());
  await until("early", () => receiver.tracked().length === 1);

  assert.equal(receiver.custom("identify")[0].identified_id, "u-9");
  assert.deepEqual(
    receiver.custom("error").map(({ message }) => message),
    ["before the bundle"],
  );
  assert.equal(receiver.custom("page_facts")[0].release, "9");
  assert.match(
    await tab.evaluate(() => traceflow.getSessionUrl()),
    new RegExp(`^${receiver.doorUrl}/p/default/sessions/[0-9a-f]+\\?t=\\d+$`),
  );
});
