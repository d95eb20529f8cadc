// How long to wait after failures in a row: pure.

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/** Doubles from 1 s to 60 s, half of it by chance, so that pages do not come back together. */
export function backoffMs(failures: number, random: () => number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return whole * (0.5 + random() / 2);
}
