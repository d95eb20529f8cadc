"""How deep a JSON document is nested, without reading it value by value."""

import sys
from array import array
from itertools import accumulate

from traceflow.models.errors import EnvelopeInvalid

MAX_DEPTH = 1000
# msgspec and json spend one level of Python's recursion limit (1,000 by default) per level of nesting, on
# top of the caller's own frames; 3,000 levels of either take under 2 MB of a thread's stack.
RECURSION_LIMIT = 3000
# Bounds the memory that the pieces between quotes take.
_WINDOW_BYTES = 64 * 1024
_STEPS = bytes(1 if sign in b"[{" else 0xFF if sign in b"]}" else 0 for sign in range(256))
_NO_BRACKETS = bytes(sign for sign in range(256) if sign not in b"[]{}")
_NO_OPENINGS = bytes(sign for sign in range(256) if sign not in b"[{")


def allow_deep_json() -> None:
    """Let this process decode documents of ``MAX_DEPTH``: for replicas and actors, at their start."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))


def check_depth(document: bytes) -> None:
    """Raise EnvelopeInvalid where the document is nested over ``MAX_DEPTH``."""
    # Few brackets cannot nest deep: a count is all that most segments cost (9 µs for 20 KB; bytes.count, 16).
    if len(document.translate(None, _NO_OPENINGS)) > MAX_DEPTH and _depth(document) > MAX_DEPTH:
        raise EnvelopeInvalid(f"The JSON is nested over {MAX_DEPTH} levels.")


def _depth(document: bytes) -> int:
    """Return the deepest level; for what is no JSON, some number."""
    text = document
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    deepest = level = in_string = 0
    for start in range(0, len(text), _WINDOW_BYTES):
        pieces = text[start : start + _WINDOW_BYTES].split(b'"')
        brackets = b"".join(pieces[in_string::2]).translate(_STEPS, _NO_BRACKETS)
        levels = list(accumulate(array("b", brackets), initial=level))
        deepest = max(deepest, *levels)
        level = levels[-1]
        in_string ^= (len(pieces) - 1) & 1
    return deepest
