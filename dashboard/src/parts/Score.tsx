/** A frustration score as a figure with its bar. */

import { score as worded } from "../logic/format";
import { levelOf } from "../logic/signals";
import classes from "./parts.module.css";

/** Shows a score of 0 to 100; the bar only repeats the figure. */
export function Score({ value }: { value: number | null }) {
  if (value === null) return <span className={classes.none}>–</span>;
  const level = levelOf(value);
  return (
    <span className={classes.score} title={`${level.label}: frustration ${worded(value)} of 100`}>
      <span className={`${classes.scoreFigure} tf-num`}>{worded(value)}</span>
      <span className={classes.scoreTrack} aria-hidden>
        <span
          className={classes.scoreBar}
          style={{
            width: `${value > 0 ? Math.max(value, 4) : 0}%`,
            background: `var(--mantine-color-${level.color}-6)`,
          }}
        />
      </span>
    </span>
  );
}
