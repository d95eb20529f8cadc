/** The time, again and again: "3 min ago" grows old by itself. */

import { useEffect, useState } from "react";

const EVERY_MS = 15_000;

/** Return the time of the last look at the clock. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
