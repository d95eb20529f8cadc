// A real headless Chromium in which https://shop.example/ is the folder cluster/demo/shop/, and what leaves it.

import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const SHOP = "https://shop.example/"; // .example is reserved (RFC 2606): it never leaves this machine
const HERE = dirname(fileURLToPath(import.meta.url));
const SHOP_FOLDER = join(HERE, "..", "..", "cluster", "demo", "shop");
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--hide-scrollbars",
];

function browserPath() {
  const path = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  if (!existsSync(path)) throw new Error(`no Chromium at ${path}: apt-get install chromium, or set CHROMIUM_PATH`);
  return path;
}

function recorderScripts() {
  const dist = (name, file) => readFileSync(join(HERE, "node_modules", name, "dist", file), "utf8");
  // In a page there is neither module nor define, so the UMD builds set globals.
  return [
    dist("rrweb", "rrweb.umd.min.cjs"),
    dist("@rrweb/rrweb-plugin-console-record", "rrweb-plugin-console-record.umd.min.cjs"),
    readFileSync(join(HERE, "in_page.js"), "utf8"),
  ];
}

async function serveFile(route) {
  const path = normalize(new URL(route.request().url()).pathname);
  const file = join(SHOP_FOLDER, path === "/" ? "index.html" : path);
  if (!existsSync(file)) return route.fulfill({ status: 404, body: "not found" });
  return route.fulfill({ contentType: TYPES[extname(file)] ?? "text/plain", body: await readFile(file) });
}

/** Open a fresh browser, hand its page to `visit`, give what it carried out, close it whatever happens. */
export async function withRecordedPage(visit) {
  const executablePath = browserPath();
  const profile = await mkdtemp(join(tmpdir(), "record-demo-"));
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath, headless: true, args: FLAGS, viewport: { width: 1280, height: 800 }, locale: "en-GB",
    });
    return await recordIn(context, visit).finally(() => context.close());
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}

async function recordIn(context, visit) {
  const page = context.pages()[0] ?? (await context.newPage());
  const carried = [];
  const session = await context.newCDPSession(page);
  // A raw binding is delivered in order and needs no answer, so a page that goes away loses nothing.
  session.on("Runtime.bindingCalled", ({ payload }) => carried.push(JSON.parse(payload)));
  await session.send("Runtime.enable");
  await session.send("Runtime.addBinding", { name: "carryOut" });
  await context.route("**/*", (route) => route.abort());
  await context.route(`${SHOP}**`, serveFile);
  for (const content of recorderScripts()) await page.addInitScript({ content });
  await visit(page);
  return carried;
}

/** The events of all pages, in order; throws when a page's numbering has a hole or its last count differs. */
export function joinPages(carried) {
  const seen = new Map();
  const events = [];
  for (const { page, number, event, emitted } of carried) {
    const expected = seen.get(page) ?? 0;
    if ((event ? number : emitted) !== expected) throw new Error(`page ${page}: event ${expected} was lost`);
    if (event) {
      seen.set(page, expected + 1);
      events.push(event);
    }
  }
  return events;
}
