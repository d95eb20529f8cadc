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
  {
    why: "a slash in the page's query is no folder, and what stands before it is no business of a style sheet's",
    find: 'const stack = href.split("#")[0].split("/");',
    replace: 'const stack = href.split(/[?#]/)[0].split("/");',
  },
  {
    why: "nothing is thinned out of a document's head, so the rules for it are dead weight",
    find: "slimDOMExcluded(_serializedNode, slimDOMOptions) || ",
    replace: "",
  },
  {
    why: "as above",
    find: "const slimDOMOptions = slimDOMDefaults(_slimDOMOptions);",
    replace: "const slimDOMOptions = {};",
  },
  {
    why: "as above",
    find: "const slimDOMOptions = slimDOMDefaults(slimDOM);",
    replace: "const slimDOMOptions = {};",
  },
  {
    why: "fonts stay addresses: the option is never on",
    find: "if (o.collectFonts) {",
    replace: "if (false) {",
  },
  {
    why: "pictures stay addresses: the option is never on",
    find: 'tagName === "img" && inlineImages',
    replace: "false",
  },
];

function patched(text) {
  return PATCHES.reduce((before, { find, replace, prepend = "", why }) => {
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

/** Fields without a value are declared at length, and are set before they are read. */
function withoutDeclarations(text) {
  return text.replace(/^\s*__publicField\(this, "\w+"\);\n/gm, "");
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
      const contents = withoutDeclarations(isCanvas ? canvasOnly(text) : patched(text));
      // What rrweb tells the console is not for the page's visitors, nor for its size.
      const { code } = await build.esbuild.transform(contents, { loader: "js", drop: ["console"] });
      return { contents: code, loader: "js" };
    });
  },
};
