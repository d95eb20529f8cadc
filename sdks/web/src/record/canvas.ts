// What records canvases: nothing, until the part that can has been loaded.

/** rrweb's CanvasManager, as far as the recorder uses it. */
export type CanvasRecorder = new (
  options: never,
) => Record<"reset" | "freeze" | "unfreeze" | "lock" | "unlock", () => void>;

class NoCanvas {
  reset(): void {}
  freeze(): void {}
  unfreeze(): void {}
  lock(): void {}
  unlock(): void {}
}

let inUse: CanvasRecorder = NoCanvas;

/** From the next start of the recorder on. */
export function useCanvasRecorder(recorder: CanvasRecorder): void {
  inUse = recorder;
}

/** Called by the patched recorder (scripts/rrweb_patches.mjs). */
export function canvasRecorder(): CanvasRecorder {
  return inUse;
}
