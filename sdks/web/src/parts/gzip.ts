// Loaded where the browser has no CompressionStream.

import { gzipSync, strToU8 } from "fflate";

export function gzip(text: string): Uint8Array {
  return gzipSync(strToU8(text));
}
