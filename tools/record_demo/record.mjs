// Rebuild the bundled recordings: node record.mjs [--only struggle|calm] [--out FOLDER]

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

import { joinPages, withRecordedPage } from "./browser.mjs";
import { faults, summary } from "./checks.mjs";
import { Hand, seeded } from "./hand.mjs";
import * as visits from "./visits.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const SEED = 20417;

async function record(name, typed) {
  const carried = await withRecordedPage((page) => visits[name](new Hand(page, seeded(SEED)), typed));
  const events = joinPages(carried);
  const packed = gzipSync(JSON.stringify({ events }), { level: 9 });
  return { events, packed };
}

function print(name, facts) {
  console.log(`\n${name}: ${facts.events} events, ${facts.seconds.toFixed(1)} s, ${facts.bytes} bytes gzipped`);
  for (const [type, count] of Object.entries(facts.counts).sort()) console.log(`  ${String(count).padStart(5)}  ${type}`);
  console.log(`  pages   ${facts.pages.join("  ")}`);
  console.log(`  clicks  ${facts.clicks}   (time → the page's answer)`);
  console.log(`  burst ${facts.burst}, errors ${facts.errors}, most turns of the cursor in 2 s ${facts.turns}`);
}

async function rebuild(name, out, typed) {
  console.log(`recording ${name} (about a minute) …`);
  const { events, packed } = await record(name, typed);
  print(name, summary(events, packed.length));
  const wrong = faults(name, events, packed.length, typed);
  if (wrong.length > 0) throw new Error(`${name} is not written: ${wrong.join("; ")}`);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `${name}.json.gz`), packed);
}

function wrongUse(words) {
  console.error(words);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ options: { only: { type: "string" }, out: { type: "string" } } }).values;
  } catch (error) {
    return wrongUse(error.message);
  }
}

const { only, out } = readArguments();
const visitors = JSON.parse(await readFile(join(HERE, "visitors.json"), "utf8"));
if (only && !(only in visitors)) wrongUse(`no visit is called ${only}: choose from ${Object.keys(visitors).join(", ")}`);
for (const name of only ? [only] : Object.keys(visitors)) {
  try {
    await rebuild(name, resolve(out ?? join(HERE, "..", "..", "cluster", "demo")), visitors[name]);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
