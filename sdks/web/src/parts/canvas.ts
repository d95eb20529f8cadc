// Loaded where canvases are recorded.

export { CanvasManager as canvas } from "@rrweb/record?canvas";
