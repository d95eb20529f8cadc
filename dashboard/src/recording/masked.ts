/** What masked values look like in a recording: tokens, fillers, and what recorders put in inputs. */

/** A token of ours, or a run of mask characters. */
export const MASKED = /\[[A-Z][A-Z0-9_]*:[A-Z2-7]{16}\]|\*{3,}|[•●█▇■]{3,}/g;

/** A part of a text, masked or not. */
export interface Piece {
  text: string;
  is_masked: boolean;
}

/** Cut a text where masked values begin and end. */
export function piecesOf(value: string): Piece[] {
  const pieces: Piece[] = [];
  let last = 0;
  for (const found of value.matchAll(MASKED)) {
    if (found.index > last) pieces.push({ text: value.slice(last, found.index), is_masked: false });
    pieces.push({ text: found[0], is_masked: true });
    last = found.index + found[0].length;
  }
  if (last < value.length || pieces.length === 0) pieces.push({ text: value.slice(last), is_masked: false });
  return pieces;
}

/** Tell whether a text holds a masked value. */
export function hasMasked(value: string): boolean {
  return value.search(MASKED) !== -1;
}

/** Shorten a token to its type and a few characters, enough to tell two apart. */
export function shortToken(token: string): string {
  const found = /^\[([A-Z][A-Z0-9_]*):([A-Z2-7]{4})[A-Z2-7]*\]$/.exec(token);
  return found ? `${found[1]}·${found[2]}` : token;
}
