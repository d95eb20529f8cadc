// Builds the npm package into dist/ and the script-tag bundle into serve/web_files/sdk/ (and dist/).

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { rrwebPatches } from "./rrweb_patches.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const DIST = join(ROOT, "dist");
const SERVED = join(ROOT, "..", "..", "serve", "web_files", "sdk");

const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
const written = await readFile(join(ROOT, "src", "version.ts"), "utf8");
if (!written.includes(`"${version}"`)) throw new Error(`src/version.ts does not say ${version}`);

const common = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  target: "es2020",
  legalComments: "none",
  plugins: [rrwebPatches],
};

const textOf = async (options) => {
  const { outputFiles } = await build({ ...common, ...options, write: false });
  return outputFiles[0].text;
};

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST, { recursive: true });

/** A file beside the bundle, named by its content, that leaves its export on `window.traceflowParts`. */
const partOf = async (name) => {
  const contents = `import { ${name} } from "./src/parts/${name}.ts"; (window.traceflowParts ??= {}).${name} = ${name};`;
  const text = await textOf({ stdin: { contents, resolveDir: ROOT }, format: "iife" });
  const file = `traceflow-${name}.${createHash("sha256").update(text).digest("hex").slice(0, 10)}.js`;
  await writeFile(join(DIST, file), text);
  return file;
};

const gzipFile = await partOf("gzip");
const canvasFile = await partOf("canvas");
const script = await textOf({
  entryPoints: ["src/script_tag.ts"],
  format: "iife",
  define: { GZIP_FILE: JSON.stringify(gzipFile), CANVAS_FILE: JSON.stringify(canvasFile) },
});
await writeFile(join(DIST, "traceflow.js"), script);
await writeFile(join(DIST, "snippet.js"), await textOf({ entryPoints: ["src/snippet.ts"], format: "iife" }));

await build({
  ...common,
  entryPoints: { index: "src/index.ts" },
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  outdir: "dist",
});
await build({ ...common, entryPoints: ["src/index.ts"], format: "cjs", outfile: "dist/index.cjs" });

execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.types.json"], {
  cwd: ROOT,
  stdio: "inherit",
});
for (const name of ["index", "public_types"]) {
  const text = await readFile(join(DIST, "types", `${name}.d.ts`), "utf8");
  await writeFile(join(DIST, `${name}.d.ts`), text);
  await writeFile(join(DIST, `${name}.d.cts`), text.replaceAll("./public_types.js", "./public_types.cjs"));
}
await rm(join(DIST, "types"), { recursive: true });

// Beside each other first, then in place: a server that runs never finds half a file.
await mkdir(SERVED, { recursive: true });
const served = [gzipFile, canvasFile, "traceflow.js"];
for (const file of served) {
  await copyFile(join(DIST, file), join(SERVED, `.${file}.new`));
  await rename(join(SERVED, `.${file}.new`), join(SERVED, file));
}
for (const file of await readdir(SERVED)) {
  if (file.startsWith("traceflow-") && !served.includes(file)) await rm(join(SERVED, file));
}
