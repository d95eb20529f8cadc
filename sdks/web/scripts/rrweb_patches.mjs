// Small changes to @rrweb/record as it is bundled; the build fails when a place is not there exactly once.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const source = (path) => JSON.stringify(fileURLToPath(new URL(`../src/record/${path}`, import.meta.url)));

const PATCHES = [
  {
    why: "a page may post null, and only frames that we let in may add to a recording",
    find: 'crossOriginMessageEvent.data.type !== "rrweb" ||',
    replace: "!isAcceptedFrame(crossOriginMessageEvent) ||",
    prepend: `import { isAcceptedFrame } from ${source("frames.ts")};\n`,
  },
  {
    why: "what records canvases is a tenth of the recorder and off by default: a part of its own",
    find: "canvasManager = new CanvasManager({",
    replace: "canvasManager = new (canvasRecorder())({",
    prepend: `import { canvasRecorder } from ${source("canvas.ts")};\n`,
  },
];

function patched(text) {
  return PATCHES.reduce((before, { find, replace, prepend, why }) => {
    const found = before.split(find).length - 1;
    if (found !== 1) throw new Error(`@rrweb/record: found ${found} times: ${find} (${why})`);
    return prepend + before.replace(find, replace);
  }, text);
}

/** What comes before `record` itself, of which the bundler keeps what the class needs. */
function canvasOnly(text) {
  const end = text.indexOf("\nfunction record(options");
  if (end < 0) throw new Error("@rrweb/record: where does record() begin?");
  return `${text.slice(0, end)}\nexport { CanvasManager };\n`;
}

export const rrwebPatches = {
  name: "rrweb-patches",
  setup(build) {
    build.onResolve({ filter: /^@rrweb\/record\?canvas$/ }, async ({ resolveDir, kind }) => {
      const { path } = await build.resolve("@rrweb/record", { resolveDir, kind });
      return { path, suffix: "?canvas", sideEffects: false };
    });
    build.onLoad({ filter: /@rrweb[\\/]record[\\/]dist[\\/]record\.c?js$/ }, async ({ path, suffix }) => {
      const text = await readFile(path.replace(/\.cjs$/, ".js"), "utf8");
      const isCanvas = suffix === "?canvas";
      return { contents: isCanvas ? canvasOnly(text) : patched(text), loader: "js" };
    });
  },
};
