// gzip: the browser's own, or a small one loaded where there is none.

/** The largest body that the door takes as sent. */
export const LARGEST_SENT_BYTES = 10 * 1024 * 1024;

export interface Packed {
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly encoding: "gzip" | null;
}

const Compression = (globalThis as { CompressionStream?: typeof CompressionStream }).CompressionStream;

/** Compresses on this thread; text as it is where nothing can. */
export async function pack(text: string, loadFallback: () => Promise<(text: string) => Uint8Array>): Promise<Packed> {
  try {
    if (Compression) {
      const stream = new Blob([text]).stream().pipeThrough(new Compression("gzip"));
      return { body: new Uint8Array(await new Response(stream).arrayBuffer()), encoding: "gzip" };
    }
    const gzip = await loadFallback();
    return { body: gzip(text) as Uint8Array<ArrayBuffer>, encoding: "gzip" };
  } catch {
    return { body: text, encoding: null };
  }
}
