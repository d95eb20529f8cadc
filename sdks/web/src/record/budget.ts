// A bucket of tokens that fills with time: pure.

/** Takes so many; negative once too much was taken. */
export interface Budget {
  spend(amount: number, nowMs: number): number;
}

export function budget(capacity: number, perSecond: number): Budget {
  let left = capacity;
  let atMs: number | null = null;
  return {
    spend: (amount, nowMs) => {
      if (atMs !== null) left = Math.min(capacity, left + (Math.max(0, nowMs - atMs) * perSecond) / 1000);
      atMs = nowMs;
      // Debt is bounded, or one large change would silence the recorder for minutes.
      left = Math.max(-capacity, left - amount);
      return left;
    },
  };
}

/** At most so many at once and so many a second in the long run; the rest is left out. */
export function gate(capacity: number, perSecond: number): (nowMs: number) => boolean {
  const tokens = budget(capacity, perSecond);
  return (nowMs) => {
    if (tokens.spend(1, nowMs) >= 0) return true;
    tokens.spend(-1, nowMs);
    return false;
  };
}
