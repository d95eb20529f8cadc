// What only some pages need, and how a build fetches it.

import type { CanvasRecorder } from "../record/canvas.js";

/** Each part is fetched when it is first asked for. */
export interface Parts {
  readonly gzip: () => Promise<(text: string) => Uint8Array>;
  readonly canvas: () => Promise<CanvasRecorder>;
}
