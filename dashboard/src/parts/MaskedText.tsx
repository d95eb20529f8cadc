/** A text whose masked values are seen to be masked. */

import { piecesOf, shortToken } from "../recording/masked";
import classes from "./parts.module.css";

/** Shows tokens and fillers as chips within the text. */
export function MaskedText({ value }: { value: string }) {
  let offset = 0;
  return (
    <>
      {piecesOf(value).map((piece) => {
        const key = offset;
        offset += piece.text.length;
        if (!piece.is_masked) return <span key={key}>{piece.text}</span>;
        return (
          <span key={key} className={classes.masked} title={`Masked: ${piece.text}`}>
            {shortToken(piece.text)}
          </span>
        );
      })}
    </>
  );
}
