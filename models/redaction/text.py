"""Redacts one string, however its personal data is written: plain, encoded, or JSON within."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from traceflow.models.json_span import decode_string, escape_string
from traceflow.models.redaction.name import may_name_secret
from traceflow.models.redaction.shape import find_hits, find_hits_in_layout
from traceflow.models.redaction.splice import Edit, apply, join_edits
from traceflow.models.redaction.token import TOKEN, Hit, Kind, Tokenizer
from traceflow.models.redaction.view import View, plain, readings, unescaped

# Base64 and JSON-in-a-string count one each: base64 of JSON that holds a JSON string is three deep, and one
# more is read. What lies deeper is not looked into; base64 of a text there is replaced whole.
DEPTH: Final = 4

# What a string must hold for anything to be found in it; a superset of every rule (a test holds it to that).
# Its cost is the cost of the whole pass: most strings end here.
_ANYTHING: Final = r"[@=\x80-\U0010ffff]|%[0-9A-Fa-f]|&[#a-zA-Z]|\\[u\"\\/]|:[0-9A-Fa-f.]*:"
_LONG_WORD: Final = r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16}"
_SUSPECT: Final = re.compile(
    rf"{_ANYTHING}|{_LONG_WORD}|[0-9](?:[ .\-()/,_:|]{{0,3}}+[0-9]){{6}}|[0-9]\.[0-9]{{1,3}}\.[0-9]"
    r"|[0-9]{2}[ -][A-Za-z0-9]{4}[ -][A-Za-z0-9]{4}"
)
_SUSPECT_LAYOUT: Final = re.compile(
    rf"{_ANYTHING}|{_LONG_WORD}|[0-9]{{13}}|[0-9]{{4}}[ .,_:|/-][0-9]{{4}}[ .,_:|/-][0-9]{{4}}"
    r"|[A-Za-z]{2}[0-9]{2}[ -][A-Za-z0-9]{4}[ -][A-Za-z0-9]{4}"
)
_BASE64_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}+={0,2}")
_BASE64_MIN: Final = 16
_BASE64_CUT: Final = re.compile(r"[/_-]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_JSON_ENDS: Final = {"{": "}", "[": "]", '"': '"'}
_MAX_PASSES: Final = 4

DocumentEdits = Callable[[str, int], list[Edit]]


class Redacted(NamedTuple):
    """A string after redaction, and what was replaced in it."""

    text: str
    kinds: tuple[Kind, ...]


class _Quoting(NamedTuple):
    """How a text is written where it stands: to read it, and to write a replacement for a part of it."""

    read: Callable[[str], View]
    write: Callable[[str], str]


_IN_JSON: Final = _Quoting(unescaped, escape_string)
_AS_IS: Final = _Quoting(plain, str)


class TextRedactor:
    """Redacts strings under one tenant's key.

    ``document_edits`` redacts a JSON document at a depth; it raises ValueError where the text is none.
    """

    def __init__(self, tokenizer: Tokenizer, document_edits: DocumentEdits) -> None:
        self._tokenizer = tokenizer
        self._document_edits = document_edits

    def redact_raw(self, raw: str, *, depth: int) -> Redacted | None:
        """Redact what stands between the quotes of a JSON string; None where it is clean."""
        if _SUSPECT.search(raw) is None and not may_name_secret(raw):
            return None
        return self._settled(raw, _IN_JSON, find_hits, depth)

    def redact_raw_layout(self, raw: str, *, depth: int) -> Redacted | None:
        """Redact a string that holds coordinates or a style sheet."""
        if _SUSPECT_LAYOUT.search(raw) is None and not may_name_secret(raw):
            return None
        return self._settled(raw, _IN_JSON, find_hits_in_layout, depth)

    def redact_plain(self, text: str, *, depth: int) -> Redacted | None:
        """Redact a text that is no JSON string."""
        return self._settled(text, _AS_IS, find_hits, depth)

    def redact_whole(self, raw: str, kind: Kind) -> Redacted | None:
        """Replace all that stands between the quotes; empty strings, tokens and masks stay."""
        value = decode_string(raw)
        if not value.strip("*") or TOKEN.fullmatch(value):
            return None
        return Redacted(self._tokenizer.token(kind, value), (kind,))

    def _settled(
        self, raw: str, quoting: _Quoting, find: Callable[[str], list[Hit]], depth: int
    ) -> Redacted | None:
        """Redact until nothing is left to: a token put in may end a word that hid its neighbour."""
        kinds: tuple[Kind, ...] = ()
        text = raw
        for _ in range(_MAX_PASSES):
            edits = [] if TOKEN.fullmatch(text) else self._edits(text, quoting, find, depth)
            if not edits:
                return Redacted(text, kinds) if kinds else None
            text = apply(text, edits)
            kinds += tuple(kind for edit in edits for kind in edit.kinds)
        return Redacted(self._tokenizer.token("SECRET", decode_string(raw)), (*kinds, "SECRET"))

    def _edits(
        self, text: str, quoting: _Quoting, find: Callable[[str], list[Hit]], depth: int
    ) -> list[Edit]:
        view = quoting.read(text)
        nested = self._nested_edits(view, quoting, depth)
        if nested is not None:
            return nested
        edits: list[Edit] = []
        for reading in readings(view):
            edits += self._base64_edits(reading, depth)
            edits += self._shape_edits(reading, find)
        return join_edits(edits)

    def _shape_edits(self, view: View, find: Callable[[str], list[Hit]]) -> Iterator[Edit]:
        for hit in find(view.text):
            start, end = view.span_in_source(hit.start, hit.end)
            yield Edit(start, end, self._tokenizer.token(hit.kind, hit.normalised), (hit.kind,))

    def _nested_edits(self, view: View, quoting: _Quoting, depth: int) -> list[Edit] | None:
        """Redact a JSON document within the string; None where it is none."""
        text = view.text.strip(" \t\r\n")
        if depth >= DEPTH or len(text) < 2 or _JSON_ENDS.get(text[0]) != text[-1]:  # noqa: PLR2004 - two brackets
            return None
        try:
            edits = self._document_edits(view.text, depth + 1)
        except ValueError:
            return None
        return [
            Edit(*view.span_in_source(edit.start, edit.end), quoting.write(edit.replacement), edit.kinds)
            for edit in edits
        ]

    def _base64_edits(self, view: View, depth: int) -> Iterator[Edit]:
        for run in _BASE64_RUN.finditer(view.text):
            for start, end in _base64_pieces(run):
                redacted = self._redact_base64(view.text[start:end], depth)
                if redacted is not None:
                    yield Edit(*view.span_in_source(start, end), redacted.text, redacted.kinds)

    def _redact_base64(self, encoded: str, depth: int) -> Redacted | None:
        text = _decoded_base64(encoded)
        if text is None:
            return None
        if depth >= DEPTH:
            return Redacted(self._tokenizer.token("BASE64", encoded), ("BASE64",))
        redacted = self.redact_plain(text, depth=depth + 1)
        if redacted is None:
            return None
        if _encoded_base64(text, like=encoded) != encoded:
            return Redacted(self._tokenizer.token("BASE64", encoded), redacted.kinds)
        return Redacted(_encoded_base64(redacted.text, like=encoded), redacted.kinds)


def _base64_pieces(run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Cut a run that is no value as a whole where it may be several: `/user/…`, `state_…`, `id-…`."""
    start = run.start()
    if _decoded_base64(run[0]) is not None or not _BASE64_CUT.search(run[0]):
        yield run.span()
        return
    for piece in _BASE64_CUT.split(run[0]):
        if len(piece) >= _BASE64_MIN:
            yield start, start + len(piece)
        start += len(piece) + 1


def _decoded_base64(encoded: str) -> str | None:
    """Decode what is base64 of a UTF-8 text; None where it is not. Up to three bytes at the end may be off.

    They are where a value was cut off, or where the next word touches it.
    """
    body = encoded.rstrip("=")
    # Base64 of an @, of a digit in first place or of a JSON object has a capital; most words have none.
    if body.islower() or (("-" in body or "_" in body) and ("+" in body or "/" in body)):
        return None
    body = body.replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        body = body[:-1]
    content = binascii.a2b_base64(body + "=" * (-len(body) % 4))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        if error.start < len(content) - 3:
            return None
        text = content[: error.start].decode()
    control = _CONTROL.search(text)
    if control is not None:
        text = text[: control.start()] if control.start() >= len(text) - 3 else ""
    return text or None


def _encoded_base64(text: str, *, like: str) -> str:
    content = text.encode("utf-8", "surrogatepass")
    if "-" in like or "_" in like or ("+" not in like and "/" not in like and len(like) % 4):
        encoded = base64.urlsafe_b64encode(content).decode()
    else:
        encoded = base64.b64encode(content).decode()
    is_padded = like.endswith("=") or len(like) % 4 == 0
    return encoded if is_padded else encoded.rstrip("=")
