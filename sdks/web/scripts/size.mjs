// Prints what a page loads and fails over the limits.

import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const LIMIT_GZIP = 40_000;
const LIMIT_SNIPPET = 2000;

const sized = async (file) => {
  const content = await readFile(join(DIST, file));
  return { file, bytes: content.length, gzip: gzipSync(content, { level: 9 }).length };
};

const main = await sized("traceflow.js");
const snippet = await sized("snippet.js");
const files = await readdir(DIST);
const part = (name) => sized(files.find((file) => file.startsWith(`traceflow-${name}.`)));
const rows = [
  { ...main, note: `script tag, all that is loaded by default; limit ${LIMIT_GZIP} gzipped` },
  { ...(await part("gzip")), note: "only where the browser has no CompressionStream" },
  { ...(await part("canvas")), note: "only with recordCanvas" },
  { ...snippet, note: `in the page; limit ${LIMIT_SNIPPET} as it is` },
  { ...(await sized("index.js")), note: "npm, ESM" },
  { ...(await sized("index.cjs")), note: "npm, CommonJS" },
];
for (const { file, bytes, gzip, note } of rows) {
  console.log(`${file.padEnd(32)} ${String(bytes).padStart(7)} bytes ${String(gzip).padStart(6)} gzipped   ${note}`);
}
if (main.gzip > LIMIT_GZIP || snippet.bytes > LIMIT_SNIPPET) {
  console.error("over the limit");
  process.exit(1);
}
