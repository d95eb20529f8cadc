/** The list by keyboard: j and k move, Enter opens. */

import { useEffect, useRef, useState } from "react";
import { isTyping } from "../../logic/typing";

/** Return the row picked by keyboard, -1 for none. */
export function useRowKeys(rows: number, onOpen: (index: number) => void): number {
  const [picked, setPicked] = useState(-1);
  const open = useRef(onOpen);
  useEffect(() => {
    open.current = onOpen;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      if (event.key === "j") setPicked((last) => Math.min(rows - 1, last + 1));
      else if (event.key === "k") setPicked((last) => Math.max(0, last - 1));
      else if (event.key === "Enter" && picked >= 0 && document.activeElement === document.body)
        open.current(picked);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [rows, picked]);
  return Math.min(picked, rows - 1);
}
