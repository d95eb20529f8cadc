/** NDJSON, cut into lines as it comes. */

/** Joins chunks and gives the lines that are whole. */
export class LineSplitter {
  #parts: string[] = [];

  /** Take a chunk, return the lines that it completes. */
  push(chunk: string): string[] {
    const pieces = chunk.split("\n");
    const last = pieces.pop() ?? "";
    if (pieces.length === 0) {
      // A snapshot spans many chunks: they are joined once, when its line ends.
      this.#parts.push(last);
      return [];
    }
    pieces[0] = this.#parts.join("") + (pieces[0] ?? "");
    this.#parts = [last];
    return pieces.filter((line) => line !== "");
  }

  /** Return what is left when no more comes. */
  end(): string | null {
    const rest = this.#parts.join("");
    this.#parts = [];
    return rest.trim() === "" ? null : rest;
  }
}
