// Random names.

/** Hexadecimal text of so many random bytes. */
export function randomHex(bytes: number): string {
  let text = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** A name that nobody else makes, sorted by time (48 bits of milliseconds, 80 random ones). */
export function newId(nowMs: number): string {
  return nowMs.toString(16).padStart(12, "0") + randomHex(10);
}
