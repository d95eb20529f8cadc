import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { assertTracked, assertWhole, page, recording, until, useStage } from "./harness.mjs";

const stage = useStage({ before, beforeEach, afterEach, after });
const numbered = (count, name = "n") => Array.from({ length: count }, (_, i) => `${name}-${i}`);
const track = (tab, names) => tab.evaluate((list) => void list.map((name) => traceflow.track(name)), names);
const arrived = (count) => until(`${count} tracked`, () => stage.receiver.tracked().length >= count, 30_000);

test("navigation in mid-flush loses and doubles nothing, and the numbers of the window go on", async () => {
  const { receiver } = stage;
  for (const name of ["/a", "/b", "/c"]) receiver.pages[name] = page(receiver, `<h1>${name}</h1>`);
  receiver.misbehave = async () => void (await sleep(400));
  const tab = await stage.record("/a");

  await track(tab, numbered(50, "a"));
  await Promise.all([tab.evaluate(() => void traceflow.flush()), tab.goto(`${receiver.siteUrl}/b`)]);
  await recording(tab);
  await track(tab, numbered(50, "b"));
  await tab.goto(`${receiver.siteUrl}/c`);
  await recording(tab);
  await track(tab, numbered(50, "c"));
  await tab.reload();
  await arrived(150);

  assertTracked(receiver, [...numbered(50, "a"), ...numbered(50, "b"), ...numbered(50, "c")]);
  assert.equal(receiver.windows().size, 1);
  assert.equal(receiver.custom("page_facts").length, 1);
  await assertWhole(receiver);
});

test("a page left with more than the browser lets it send brings the rest with the next one", async () => {
  const { receiver } = stage;
  receiver.pages["/a"] = page(receiver, "<h1>a</h1>");
  receiver.pages["/b"] = page(receiver, "<h1>b</h1>");
  const tab = await stage.record("/a");
  await until("the first segment", () => receiver.segments.size > 0);

  const noise = "abcdefghij".repeat(199);
  await tab.evaluate((text) => {
    for (let i = 0; i < 45; i += 1) traceflow.track(`big-${i}`, { text });
    for (let i = 0; i < 45; i += 1) traceflow.track(`large-${i}`, { text });
    location.href = "/b";
  }, noise);
  await recording(tab).catch(() => recording(tab));
  await arrived(90);

  assertTracked(receiver, [...numbered(45, "big"), ...numbered(45, "large")]);
  await assertWhole(receiver);
});

test("what was recorded offline arrives once the browser is back", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<h1>x</h1>");
  const tab = await stage.record();
  await until("the first segment", () => receiver.segments.size > 0);

  await stage.context.setOffline(true);
  await track(tab, numbered(20, "off"));
  await tab.waitForTimeout(6000);
  await track(tab, numbered(20, "later"));
  await tab.waitForTimeout(300);
  assert.equal(receiver.tracked().length, 0);
  await stage.context.setOffline(false);
  await arrived(40);

  assertTracked(receiver, [...numbered(20, "off"), ...numbered(20, "later")]);
  await assertWhole(receiver);
});

test("what an offline tab left behind is brought by another page of the site", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<h1>x</h1>");
  const tab = await stage.record();
  await until("the first segment", () => receiver.segments.size > 0);
  receiver.misbehave = async () => ({ drop: true });
  await track(tab, numbered(10, "left"));
  await tab.waitForTimeout(1500);
  await tab.close();
  receiver.misbehave = async () => undefined;

  await stage.record();
  await arrived(10);

  assertTracked(receiver, numbered(10, "left"));
  await assertWhole(receiver);
});

test("two tabs are two windows of one session", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<h1>x</h1>");
  const [one, two] = await Promise.all([stage.record(), stage.record()]);
  await track(one, numbered(10, "one"));
  await track(two, numbered(10, "two"));
  await arrived(20);

  assert.equal(receiver.sessions().size, 1);
  assert.equal(receiver.windows().size, 2);
  assertTracked(receiver, [...numbered(10, "one"), ...numbered(10, "two")]);
  await assertWhole(receiver);
});

test("a tab opened by the page does not share its window", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, '<a href="/" target="_blank" rel="opener" id=open>open</a>');
  const tab = await stage.record();
  const [copy] = await Promise.all([stage.context.waitForEvent("page"), tab.click("#open")]);
  await recording(copy);
  await track(tab, ["first"]);
  await track(copy, ["copy"]);
  await arrived(2);

  assert.equal(receiver.sessions().size, 1);
  assert.equal(receiver.windows().size, 2);
  await assertWhole(receiver);
});

test("a snapshot of more than 2 MB arrives whole", async () => {
  const { receiver } = stage;
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => `<tr class="row"><td>row ${i}</td><td>${(i * 7919) % 1e6}</td></tr>`,
  );
  receiver.pages["/"] = page(receiver, `<table>${rows.join("")}</table>`);
  const tab = await stage.record();
  await until("the snapshot", () => receiver.events().some(({ type }) => type === 2), 20_000);
  await track(tab, ["after"]);
  await arrived(1);

  const snapshot = receiver.events().find(({ type }) => type === 2);
  const text = JSON.stringify(snapshot);
  assert.ok(text.length > 2_000_000, `${text.length} bytes`);
  assert.ok(text.includes("row 0") && text.includes("row 19999"));
  await assertWhole(receiver);
});

test("a door that fails, drops and limits gets every segment in the end", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<h1>x</h1>");
  const answers = [
    { status: 503, headers: { "Retry-After": "1" } },
    { drop: true },
    { status: 500, store: true },
    { drop: true, store: true },
    {
      status: 429,
      headers: {
        "Retry-After": "2",
        "X-TraceFlow-Rate-Limits": "2:segment",
        "Content-Type": "application/problem+json",
      },
    },
    { status: 200, body: "<html>sign in to the hotel's network</html>" },
    { status: 403, body: "a proxy's page", headers: { "Content-Type": "text/html" } },
  ];
  let tries = 0;
  const limitedAt = [];
  receiver.misbehave = async () => {
    const answer = answers[tries];
    tries += 1;
    if (answer?.status === 429) limitedAt.push(Date.now());
    return answer;
  };
  const tab = await stage.record();
  await track(tab, numbered(10));
  await until("all tries", () => tries > answers.length, 60_000);
  await arrived(10);

  const next = receiver.requests.find(({ at }) => at > limitedAt[0]);
  assert.ok(next.at - limitedAt[0] >= 1900, `again after ${next.at - limitedAt[0]} ms`);
  assertTracked(receiver, numbered(10));
  await assertWhole(receiver);
});

test("a key that is refused ends the recording of the page", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<h1>x</h1>");
  receiver.misbehave = async () => ({
    status: 401,
    headers: { "Content-Type": "application/problem+json" },
    body: "{}",
  });
  const tab = await stage.context.newPage();
  await tab.goto(`${receiver.siteUrl}/`);
  await until("the refusal", () => receiver.requests.length > 0);
  await tab.waitForTimeout(2500);

  assert.equal(receiver.requests.length, 1);
  assert.equal(await tab.evaluate(() => traceflow.getSessionId()), null);
});

test("a snapshot that the door asks for is sent", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<h1>x</h1>");
  const tab = await stage.record();
  await until("the first segment", () => receiver.segments.size > 0);
  await tab.waitForTimeout(5200); // no more than one in five seconds
  receiver.answer = { snapshot: true };
  await track(tab, ["one"]);
  await until("another snapshot", () => receiver.events().filter(({ type }) => type === 2).length === 2);
  receiver.answer = {};

  await assertWhole(receiver);
});

test("a page from the back/forward cache goes on in its window", async () => {
  const { receiver } = stage;
  receiver.pages["/a"] = page(receiver, "<h1>a</h1>");
  receiver.pages["/b"] = page(receiver, "<h1>b</h1>");
  const tab = await stage.record("/a");
  await tab.evaluate(() => {
    window.wasHere = true;
  });
  await track(tab, ["a1"]);
  await tab.waitForTimeout(1500);
  await tab.evaluate(() => location.assign("/b"));
  await tab.waitForURL("**/b");
  await recording(tab);
  await track(tab, ["b1"]);
  await tab.goBack({ waitUntil: "commit" });
  const isBack = () => tab.evaluate(() => document.querySelector("h1")?.textContent === "a").catch(() => false);
  await until("page a", isBack);
  const isRestored = await tab.evaluate(() => window.wasHere === true);
  await track(tab, ["a2"]);
  await arrived(3);

  assert.ok(isRestored, "the SDK keeps pages out of the back/forward cache");
  assert.equal(receiver.windows().size, 1);
  assertTracked(receiver, ["a1", "b1", "a2"]);
  await assertWhole(receiver);
});
