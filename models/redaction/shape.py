"""Finds what has the shape of personal data in a plain text.

Every pattern is linear: it either consumes the run that it looked at, or looks back and ahead by a bounded
number of characters. Superset patterns decide; `label` only names.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from traceflow.models.redaction.label import IBAN_LENGTHS, is_iban
from traceflow.models.redaction.name import SECRET_ASSIGNMENT, may_name_secret
from traceflow.models.redaction.number import find_cards, find_numbers
from traceflow.models.redaction.token import TOKEN, Hit, Kind

# RFC 5321 allows 64 characters before the @ and 255 after; longer ones are masked from there on.
_LOCAL_REVERSED: Final = re.compile(r"\"[^\"\r\n]{1,64}\"|[\w.+'~!$*-]{1,254}")
_DOMAIN: Final = re.compile(
    r"(?:[\w-]{1,63}\.){1,8}(?:xn--[\w-]{2,59}|[^\W\d_]{2,24})"
    r"|\[[0-9A-Fa-f:.]{3,45}\]|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
)
# `logo@2x.png` names a picture for dense screens; no mail domain has a first label of that form.
_DENSITY: Final = re.compile(r"[1-9](?:\.[0-9])?x\.(?:png|jpe?g|gif|webp|svg|avif|ico)\b", re.IGNORECASE)
_LOCAL_MAX: Final = 254

_USERINFO: Final = re.compile(r"://([^/?#\s\"'<>\\]{1,256})@")
_DOTTED_RUN: Final = re.compile(r"[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]*+)*+")
_JWT_HEADER_MIN: Final = 10  # base64 of `{"a":1}`

_IBAN: Final = re.compile(r"(?=([A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}))[A-Za-z]")
_IBAN_HINT: Final = re.compile(r"[A-Za-z][0-9]{2}[ -]?[A-Za-z0-9]")
_IPV6_RUN: Final = re.compile(r"[0-9A-Fa-f:.]{4,}+")
_IPV6: Final = re.compile(
    r"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|(?=[^.]*::)(?=.*[0-9]|(?:[^:]*:){4})(?:[0-9A-Fa-f]{0,4}:){2,8}"
    r"(?:[0-9A-Fa-f]{0,4}|[0-9]{1,3}(?:\.[0-9]{1,3}){3})"
)
# Five groups are an address (or a device's) whatever touches them; `a::before` has fewer.
_IPV6_SURE: Final = re.compile(r"(?=[^0-9]{0,20}[0-9])(?:[0-9A-Fa-f]{0,4}:){4}")
_IPV6_MIN: Final = 5
_IPV6_MAX: Final = 45  # RFC 4291 with an IPv4 tail

_PRIORITY: Final[tuple[Kind, ...]] = (
    "JWT",
    "SECRET",
    "EMAIL",
    "IBAN",
    "IP",
    "CARD",
    "SSN",
    "PHONE",
    "NUMBER",
)

_DigitFinder = Callable[[str], Iterator[Hit]]


def find_hits(text: str) -> list[Hit]:
    """Find every shape in a text, in order and without overlap; tokens are stepped over."""
    return _outside_tokens(text, find_numbers)


def find_hits_in_layout(text: str) -> list[Hit]:
    """Find every shape but digit runs that are no card: for coordinates and style sheets."""
    return _outside_tokens(text, find_cards)


def _outside_tokens(text: str, find_digits: _DigitFinder) -> list[Hit]:
    if "[" not in text:
        return _merged(text, find_digits)
    hits: list[Hit] = []
    position = 0
    for token in [*TOKEN.finditer(text), None]:
        piece = text[position : token.start() if token else len(text)]
        hits += (
            hit._replace(start=hit.start + position, end=hit.end + position)
            for hit in _merged(piece, find_digits)
        )
        position = token.end() if token else position
    return hits


def _merged(text: str, find_digits: _DigitFinder) -> list[Hit]:
    """Join hits that overlap: the union is replaced, under the strongest name."""
    merged: list[Hit] = []
    for hit in sorted(_every_hit(text, find_digits)):
        if not merged or hit.start >= merged[-1].end:
            merged.append(hit)
            continue
        last = merged[-1]
        kind = min(last.kind, hit.kind, key=_PRIORITY.index)
        end = max(last.end, hit.end)
        whole = next((each for each in (last, hit) if each[:3] == (last.start, end, kind)), None)
        merged[-1] = whole or Hit(last.start, end, kind, text[last.start : end])
    return merged


def _every_hit(text: str, find_digits: _DigitFinder) -> Iterator[Hit]:
    if "=" in text or "@" in text or may_name_secret(text):
        yield from _secrets(text)
    if "eyJ" in text:
        yield from _web_tokens(text)
    if "@" in text:
        yield from _emails(text)
    if "::" in text or text.count(":") >= 4:  # noqa: PLR2004 - five groups
        yield from _ipv6_addresses(text)
    if _IBAN_HINT.search(text):
        yield from _ibans(text)
    yield from find_digits(text)


def _secrets(text: str) -> Iterator[Hit]:
    for match in SECRET_ASSIGNMENT.finditer(text):
        group = match.lastgroup or ""
        value = match[group].rstrip()
        if value:
            yield Hit(match.start(group), match.start(group) + len(value), "SECRET", value)
    if "@" in text:
        for match in _USERINFO.finditer(text):
            yield Hit(match.start(1), match.end(1), "SECRET", match[1])


def _web_tokens(text: str) -> Iterator[Hit]:
    for match in _DOTTED_RUN.finditer(text):
        start = match[0].find("eyJ")
        if start >= 0 and match[0].find(".", start) - start >= _JWT_HEADER_MIN:
            yield Hit(match.start() + start, match.end(), "JWT", match[0][start:])


def _emails(text: str) -> Iterator[Hit]:
    floor = 0
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = domain and _LOCAL_REVERSED.match(text[max(floor, at - _LOCAL_MAX) : at][::-1])
        if domain and local and not _DENSITY.match(text, at + 1):
            floor = domain.end()
            yield Hit(
                at - local.end(), floor, "EMAIL", text[at - local.end() : floor].lstrip(".'~!$*-").lower()
            )
        at = text.find("@", at + 1)


def _ipv6_addresses(text: str) -> Iterator[Hit]:
    for match in _IPV6_RUN.finditer(text):
        if _IPV6_SURE.search(match[0]):
            yield Hit(match.start(), match.end(), "IP", match[0].strip(".").lower())
            continue
        run = match[0].rstrip(".")
        start = match.start()
        if run[0] == ":" and run[1:2] != ":":
            run, start = run[1:], start + 1
        if run[-1:] == ":" and run[-2:] != "::":
            run = run[:-1]
        end = start + len(run)
        if _IPV6_MIN <= len(run) <= _IPV6_MAX and not _is_glued(text, start, end) and _IPV6.fullmatch(run):
            yield Hit(start, end, "IP", run.lower())


def _ibans(text: str) -> Iterator[Hit]:
    floor = 0
    for match in _IBAN.finditer(text):
        start = match.start()
        length = IBAN_LENGTHS.get(match[1][:2].upper())
        end = _alphanumeric_end(match[1], length) if length else 0
        if start < floor or not end:
            continue
        shown = match[1][:end]
        compact = shown.replace(" ", "").replace("-", "").upper()
        end += start
        if is_iban(compact):
            floor = end
            yield Hit(start, end, "IBAN", compact)
        elif shown.isupper() and not _is_glued(text, start, end):
            floor = end
            yield Hit(start, end, "NUMBER", compact)


def _alphanumeric_end(shown: str, length: int) -> int:
    """Where the length-th letter or digit ends; 0 where there are fewer."""
    count = 0
    for index, character in enumerate(shown):
        count += character.isalnum()
        if count == length:
            return index + 1
    return 0


def _is_glued(text: str, start: int, end: int) -> bool:
    """Tell whether an ASCII letter or digit touches the span."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return (before.isascii() and before.isalnum()) or (after.isascii() and after.isalnum())
