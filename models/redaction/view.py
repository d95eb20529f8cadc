"""A text as its reader would see it: decoded, with every position known in the text it came from."""

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from traceflow.models.json_span import decode_escape, find_escapes

# One round undoes percent-encoding, HTML entities and JavaScript escapes alike: `%2540` and `&amp;#64;`
# need two, and a third is read so that what decodes to those is seen through as well.
_ROUNDS: Final = 3
_ENCODED: Final = re.compile(
    r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,24});"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\/"
)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_UNICODE_END: Final = 0x110000


@dataclass(frozen=True, slots=True)
class View:
    """A decoded text; ``span_in_source`` leads back through every layer to where it came from.

    ``edges`` are the decoded units, in order: where each starts and ends here, and in the parent.
    """

    text: str
    parent: "View | None"
    starts: tuple[int, ...]
    edges: tuple[tuple[int, int, int, int], ...]

    def span_in_source(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the first text that [start, end) of this one was decoded from."""
        view: View | None = self
        while view is not None and view.parent is not None:
            start, end = view.span_in_parent(start, end)
            view = view.parent
        return start, end

    def span_in_parent(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the parent; a unit that is touched is taken whole."""
        return self._back(start, is_end=False), self._back(end, is_end=True)

    def _back(self, position: int, *, is_end: bool) -> int:
        # An end belongs to the unit before it, a start to the unit after it.
        index = bisect_right(self.starts, position - 1 if is_end else position) - 1
        if index < 0:
            return position
        _, here, source_start, source_end = self.edges[index]
        if position < here or (is_end and position == here):
            return source_end if is_end else source_start
        return source_end + position - here


def plain(text: str) -> View:
    """View a text as it stands."""
    return View(text, None, (), ())


def unescaped(raw: str) -> View:
    """View what stands between the quotes of a JSON string."""
    source = plain(raw)
    if "\\" not in raw:
        return source
    return _layer(source, find_escapes(raw), decode_escape) or source


def readings(view: View) -> Iterator[View]:
    """Yield the view and, where there is anything to undo, its normalised and decoded forms."""
    yield view
    for _ in range(_ROUNDS):
        deeper = _normalised(view) if not view.text.isascii() else None
        if deeper is not None:
            view = deeper
            yield view
        decoded = _decoded(view)
        if decoded is None:
            return
        view = decoded
        yield view


def _decoded(view: View) -> View | None:
    if "%" not in view.text and "&" not in view.text and "\\" not in view.text:
        return None
    return _layer(view, _ENCODED.finditer(view.text), _decode_unit)


def _normalised(view: View) -> View | None:
    return _layer(view, _NOT_ASCII.finditer(view.text), lambda match: _normal_character(match[0]))


def _layer(view: View, units: Iterable[re.Match[str]], decode: Callable[[re.Match[str]], str]) -> View | None:
    """Decode the units of a text; None where that changes nothing."""
    pieces: list[str] = []
    edges: list[tuple[int, int, int, int]] = []
    here = source = 0
    for unit in units:
        decoded = decode(unit)
        if decoded == unit[0]:
            continue
        pieces += (view.text[source : unit.start()], decoded)
        here += unit.start() - source
        edges.append((here, here + len(decoded), unit.start(), unit.end()))
        here += len(decoded)
        source = unit.end()
    if not edges:
        return None
    pieces.append(view.text[source:])
    return View("".join(pieces), view, tuple(edge[0] for edge in edges), tuple(edges))


def _decode_unit(match: re.Match[str]) -> str:
    unit = match[0]
    if unit[0] == "%":
        return unquote_to_bytes(unit).decode(errors="replace")
    if unit[0] == "&":
        return html.unescape(unit)
    if unit[1] == "/":
        return "/"
    code = int(unit[2:].strip("{}"), 16)
    return chr(code) if code < _UNICODE_END else unit


@lru_cache(maxsize=4096)
def _normal_character(character: str) -> str:
    """Fold one character: compatibility forms, any script's digits and dashes; what is invisible goes."""
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd":
        return "-"
    return unicodedata.normalize("NFKC", character)
