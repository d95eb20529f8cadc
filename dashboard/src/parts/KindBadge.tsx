/** The name of a kind of moment, with its colour. */

import { kindOf } from "../logic/signals";
import classes from "./parts.module.css";

/** A dot and a word; with a count where there is one. */
export function KindBadge({ kind, count }: { kind: string; count?: number }) {
  const { label, color } = kindOf(kind);
  return (
    <span className={classes.kind}>
      <span className={classes.dot} style={{ background: `var(--mantine-color-${color}-6)` }} aria-hidden />
      <span>{label}</span>
      {count !== undefined && count > 1 && <span className={`${classes.kindCount} tf-num`}>×{count}</span>}
    </span>
  );
}
