import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { assertWhole, page, recording, until, useStage } from "./harness.mjs";

const stage = useStage({ before, beforeEach, afterEach, after });
const typesOf = (events) => events.map(({ type, data }) => data.tag ?? type);

test("the first segment follows the snapshot at once and tells the page's facts first", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<h1>Hello</h1>", { attributes: 'data-release="1.2.3"' });

  const tab = await stage.visit();
  await until("the first segment", () => receiver.segments.size > 0, 3000);
  const [first] = receiver.segments.values();

  assert.equal(first.segment_id, 0);
  assert.deepEqual(typesOf(first.events).slice(0, 2), ["page_facts", "navigation"]);
  assert.ok(typesOf(first.events).includes(4) && typesOf(first.events).includes(2));
  const [facts] = receiver.custom("page_facts");
  assert.deepEqual(
    [facts.release, facts.device, facts.browser.name, facts.viewport.width],
    ["1.2.3", "desktop", "Chrome", 1000],
  );
  assert.equal(receiver.requests[0].encoding, "gzip");
  assert.equal(receiver.custom("navigation")[0].href, tab.url());
});

test("what happens then comes after one second, then every five", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p id=p></p>", {
    attributes: 'data-web-vitals="false" data-long-tasks="false"',
  });
  const tab = await stage.record();
  await until("the first segment", () => receiver.requests.length === 1);
  const first = receiver.requests[0].at;

  await tab.evaluate(() => setInterval(() => traceflow.track("tick"), 100));
  await until("three segments", () => receiver.requests.length >= 3, 9000);

  const [second, third] = receiver.requests.slice(1).map(({ at }) => at - first);
  assert.ok(second > 500 && second < 2000, `second after ${second} ms`);
  assert.ok(third - second > 4000 && third - second < 6500, `third ${third - second} ms later`);
  await assertWhole(receiver);
});

test("clicks, errors, console, requests, navigation and vitals are captured", async () => {
  const { receiver } = stage;
  receiver.pages["/api/orders/1234"] = () => ({
    body: "{}",
    headers: { "Content-Type": "application/json", "X-Kept": "yes" },
  });
  receiver.pages["/"] = page(
    receiver,
    `<button id=pay>Pay now</button><form><label>Mail <input name=mail></label></form>
     <script>pay.onclick = () => { setTimeout(() => { throw new TypeError("no card") }) };</script>`,
    { attributes: `data-network='{"headers":["x-kept"]}'` },
  );
  const tab = await stage.record();
  const traced = [];
  tab.on("request", (request) => request.url().includes("/api/") && traced.push(request.headers().traceparent));

  await tab.click("#pay");
  await tab.click("[name=mail]");
  await tab.evaluate(async () => {
    Promise.reject(new RangeError("rejected"));
    console.warn("careful", { a: 1 }, document.body);
    await fetch("/api/orders/1234?token=secret");
    await new Promise((done) => {
      const xhr = new XMLHttpRequest();
      xhr.open("POST", "/missing");
      xhr.onloadend = done;
      xhr.send("body");
    });
    history.pushState({}, "", "/next?page=2");
    traceflow.captureError(new Error("caught"));
    traceflow.identify("u-1", { plan: "pro" });
  });
  await tab.waitForTimeout(300);
  await tab.evaluate(() => traceflow.flush());

  assert.deepEqual(
    receiver.custom("click").map(({ selector, text }) => [selector, text]),
    [
      ["#pay", "Pay now"],
      ['input[name="mail"]', undefined],
    ],
  );
  assert.ok(receiver.custom("click")[0].node_id > 0);
  assert.deepEqual(
    receiver
      .custom("error")
      .map(({ name, message, handled }) => [name, message, handled])
      .sort(),
    [
      ["Error", "caught", true],
      ["RangeError", "rejected", false],
      ["TypeError", "no card", false],
    ],
  );
  const [line] = receiver.plugin("rrweb/console@1");
  assert.deepEqual([line.level, line.payload], ["warn", ['"careful"', '{"a":1}', '"<body>"']]);
  const requests = receiver.plugin("rrweb/network@1").flatMap((payload) => payload.requests);
  assert.deepEqual(
    requests.map(({ name, method, status, initiatorType }) => [name, method, status, initiatorType]),
    [
      [`${receiver.siteUrl}/api/orders/:id?token`, "GET", 200, "fetch"],
      [`${receiver.siteUrl}/missing`, "POST", 404, "xmlhttprequest"],
    ],
  );
  assert.deepEqual(requests[0].responseHeaders, { "x-kept": "yes" });
  assert.ok(requests[0].transferSize > 0 && requests[0].responseBody === undefined);
  assert.match(traced[0], new RegExp(`^00-${requests[0].traceId}-[0-9a-f]{16}-01$`));
  assert.deepEqual(
    receiver.custom("navigation").map(({ href, kind }) => [new URL(href).pathname, kind]),
    [
      ["/", "load"],
      ["/next", "push"],
    ],
  );
  assert.ok(receiver.custom("web_vital").some(({ name }) => name === "TTFB"));
  const last = [...receiver.segments.values()].at(-1);
  assert.deepEqual([last.visitor.identified_id, last.visitor.traits], ["u-1", { plan: "pro" }]);
  await assertWhole(receiver);
});

test("no requests of the SDK's own are recorded, and no header goes to other origins", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p>x</p>");
  const tab = await stage.record();
  const seen = [];
  tab.on("request", (request) => seen.push([request.url(), request.headers().traceparent]));

  await tab.evaluate((door) => fetch(`${door}/elsewhere`).catch(() => {}), receiver.doorUrl);
  await tab.waitForTimeout(400);
  await tab.evaluate(() => traceflow.flush());

  const names = receiver.plugin("rrweb/network@1").flatMap(({ requests }) => requests.map(({ name }) => name));
  assert.deepEqual(names, [`${receiver.doorUrl}/elsewhere`]);
  assert.deepEqual(
    seen.filter(([url]) => url.endsWith("/elsewhere")),
    [[`${receiver.doorUrl}/elsewhere`, undefined]],
  );
});

test("what is typed, masked or blocked is nowhere in what is sent", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(
    receiver,
    `<input id=text value="CANARY-attribute"><input type=hidden value="CANARY-hidden"><input type=password id=secret>
     <input type=radio value="CANARY-radio" name=r><input type=checkbox value="CANARY-box">
     <textarea id=area>CANARY-area</textarea><select><option>one</option><option selected>two</option></select>
     <div contenteditable id=edit></div>
     <div data-tf-mask title="CANARY-title"><p id=masked>CANARY-text</p><img alt="CANARY-alt"></div>
     <div data-tf-block><p>CANARY-blocked</p></div><input data-tf-ignore id=ignored>
     <input type=date value="CANARY-date"><input id=cleared value="CANARY-cleared"><input id=own title="CANARY-own">
     <div id=grown><textarea id=growing></textarea></div>
     <iframe srcdoc="<p data-tf-mask>CANARY-srcdoc</p><input value=CANARY-srcinput>"></iframe>
     <div data-tf-mask><iframe srcdoc="<p>CANARY-frame</p>" id=inner></iframe></div>
     <form action="/search"><input name=q id=q></form>
     <div data-tf-mask id=host></div><p id=open>readable</p><input type=submit value="Send it">
     <script>const root = host.attachShadow({mode: "open"}); root.innerHTML = "<b>CANARY-shadow</b>"; cleared.value = "";
     growing.oninput = () => { grown.dataset.replicatedValue = growing.value };</script>`,
  );
  receiver.pages["/search"] = page(receiver, '<a href="#">found</a><p>results</p>');
  const tab = await stage.record();

  await tab.fill("#text", "CANARY-typed");
  await tab.fill("#secret", "CANARY-secret");
  await tab.fill("#area", "CANARY-more");
  await tab.fill("#ignored", "CANARY-ignored");
  await tab.click("#edit");
  await tab.keyboard.type("CANARY-edit");
  await tab.click("[name=r]");
  await tab.fill("#growing", "CANARY-grown");
  await tab.click("#masked");
  await tab.evaluate(() => {
    masked.textContent = "CANARY-later";
    masked.title = "CANARY-later-title";
    host.shadowRoot.appendChild(document.createTextNode("CANARY-shadow-direct"));
    host.shadowRoot.querySelector("b").firstChild.data = "CANARY-shadow-data";
    text.setAttribute("value", "CANARY-set");
    const late = document.createElement("input");
    late.type = "radio";
    late.value = "CANARY-late-radio";
    document.body.append(late);
    const frame = inner.contentDocument;
    frame.querySelector("p").firstChild.data = "CANARY-frame-data";
    frame.body.append(
      Object.assign(frame.createElement("p"), { textContent: "CANARY-frame-new", title: "CANARY-tip" }),
    );
    document.querySelector("#open").textContent = "still readable";
  });
  await tab.waitForTimeout(200);
  await tab.fill("#q", "CANARY-query");
  await tab.press("#q", "Enter");
  await tab.waitForURL(/CANARY-query/);
  await recording(tab);
  await tab.evaluate(() => fetch(`/api?q=CANARY-fetch`).catch(() => {}));
  await tab.waitForTimeout(300);
  await tab.evaluate(() => traceflow.flush());

  const all = JSON.stringify(receiver.events());
  assert.deepEqual(all.match(/CANARY[\w-]*/g) ?? [], []);
  assert.ok(!all.includes('"selected":true'));
  assert.ok(!/"(?:isC|c)hecked":true/.test(all));
  assert.ok(all.includes("still readable") && all.includes("Send it"));
  assert.ok(all.includes(`${receiver.siteUrl}/search?q=*`) && all.includes("results"));
});

test("frames of the same origin are part of the page; another script tag in them records nothing of its own", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, '<iframe src="/frame"></iframe>');
  receiver.pages["/frame"] = page(receiver, "<p>inside the frame</p>");
  const tab = await stage.record();
  await tab.waitForTimeout(700);
  await tab.evaluate(() => traceflow.flush());

  assert.ok(JSON.stringify(receiver.events()).includes("inside the frame"));
  assert.equal(receiver.windows().size, 1);
  assert.equal(receiver.custom("navigation").length, 1);
});

test("a frame of another origin joins the page that it names and that names it, and no other", async () => {
  const { receiver } = stage;
  const other = receiver.siteUrl.replace("localhost", "127.0.0.1");
  const third = receiver.siteUrl.replace("localhost", "third.localhost");
  receiver.pages["/"] = page(
    receiver,
    `<iframe src="${other}/frame"></iframe><iframe src="${other}/stranger"></iframe>
    <iframe src="${third}/unnamed"></iframe>
    <script>setInterval(() => window.postMessage(null, "*"), 50)</script>`,
    { attributes: `data-frame-origins='["${other}"]'` },
  );
  receiver.pages["/unnamed"] = page(receiver, "<p>of an origin that the page does not name</p>", {
    attributes: `data-parent-origins='["${receiver.siteUrl}"]'`,
  });
  receiver.pages["/frame"] = page(receiver, "<p>from the other origin</p>", {
    attributes: `data-parent-origins='["${receiver.siteUrl}"]'`,
  });
  receiver.pages["/stranger"] = page(receiver, "<p>stranger</p>", {
    attributes: `data-parent-origins='["https://elsewhere.example"]'`,
  });
  const tab = await stage.visit();
  const errors = [];
  tab.on("pageerror", (error) => errors.push(error.message));
  await recording(tab);
  await until("the frame's DOM", async () => {
    await tab.evaluate(() => traceflow.flush());
    return JSON.stringify(receiver.events()).includes("from the other origin");
  });

  assert.ok(
    !JSON.stringify(receiver.events()).includes("stranger</p>") &&
      !JSON.stringify(receiver.events()).includes('"textContent":"stranger"'),
  );
  // Unnamed, it is a page of its own.
  assert.ok(
    !receiver
      .events()
      .some(
        ({ type, data }) => type === 3 && JSON.stringify(data).includes("of an origin that the page does not name"),
      ),
  );
  assert.deepEqual(errors, []);
});

test("canvases are recorded when asked for, by a part that is loaded then", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<canvas id=c width=20 height=20></canvas>", {
    attributes: "data-record-canvas",
  });
  const tab = await stage.record();
  await tab.evaluate(() => c.getContext("2d").fillRect(0, 0, 9, 9));
  await tab.waitForTimeout(300);
  await tab.evaluate(() => traceflow.flush());

  assert.ok(receiver.events().some(({ type, data }) => type === 3 && data.source === 9));
});

test("a page that changes without end is thinned, and its end state is there", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<div id=d></div>");
  const tab = await stage.record();
  await tab.evaluate(async () => {
    const spans = Array.from({ length: 500 }, () => d.appendChild(document.createElement("span")));
    for (let round = 0; round < 100; round += 1) {
      for (const span of spans) span.title = `round ${round}`;
      await new Promise((next) => setTimeout(next, 10));
    }
  });
  await tab.waitForTimeout(1500);
  await tab.evaluate(() => traceflow.flush());

  const changes = receiver.events().filter(({ type, data }) => type === 3 && data.source === 0);
  const changed = changes.reduce((sum, { data }) => sum + data.attributes.length, 0);
  assert.ok(changed < 30_000, `${changed} of 50,000 changes`);
  assert.ok(receiver.custom("recording_slowed").length > 0);
  const finals = new Map(
    changes.flatMap(({ data }) => data.attributes).map(({ id, attributes }) => [id, attributes.title]),
  );
  assert.deepEqual([...new Set(finals.values())], ["round 99"]);
});

test("two script tags are one recorder", async () => {
  const { receiver } = stage;
  receiver.pages["/"] = page(receiver, "<p>x</p>", {
    head: `<script async src="${receiver.doorUrl}/ingest/v1/sdk.js?again" data-key="tf_ingest_x_y"></script>`,
  });
  const tab = await stage.record();
  await tab.waitForTimeout(500);
  await tab.evaluate(() => traceflow.flush());

  assert.equal(receiver.custom("page_facts").length, 1);
  assert.equal(receiver.windows().size, 1);
});
