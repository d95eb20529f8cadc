// Made by the build (scripts/rrweb_patches.mjs): the class that @rrweb/record keeps to itself.

declare module "@rrweb/record?canvas" {
  export const CanvasManager: import("../record/canvas.js").CanvasRecorder;
}
