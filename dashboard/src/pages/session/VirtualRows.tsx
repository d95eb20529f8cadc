/** A long list of rows, of which only those in view are drawn. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./session.module.css";

interface RowsProps<T> {
  items: readonly T[];
  rowHeight: number;
  label: string;
  /** The row to keep in view, -1 for none. */
  current: number;
  render: (item: T, index: number) => ReactNode;
}

/** Draws rows of about one height; taller ones are measured. */
export function VirtualRows<T>({ items, rowHeight, label, current, render }: RowsProps<T>) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  useEffect(() => {
    if (current >= 0) virtual.scrollToIndex(current, { align: "center" });
  }, [current, virtual]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section className={classes.scroller} ref={scroller} aria-label={label} tabIndex={0}>
      <ul className={classes.virtual} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const item = items[row.index];
          if (item === undefined) return null;
          return (
            <li
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              className={classes.virtualRow}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {render(item, row.index)}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
