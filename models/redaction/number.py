"""Finds runs of digits that may be a card, a phone number, an account or an id, and what only looks so."""

import re
from collections.abc import Iterator
from typing import Final

from traceflow.models.redaction.label import digits_of, is_card, number_label
from traceflow.models.redaction.token import Hit

MIN_DIGITS: Final = 7  # the shortest phone number; years, prices and sizes mostly have fewer

# Each exemption releases digits that a superset pattern would mask; docs/redaction.md lists them.
_EXEMPT: Final = (
    # A UUID, if at least one of its digits is a letter.
    r"(?<![0-9A-Za-z])(?=[0-9-]{0,35}[a-fA-F])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z])",
    # ISO 8601 date or time stamp.
    r"(?<![0-9])(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"(?![0-9]|-[0-9])",
    # A day with its year, as pages print it.
    r"(?<![0-9])[0-3]?[0-9](?P<dash>[./-])[0-3]?[0-9](?P=dash)(?:19|20)[0-9]{2}(?![0-9]|[./-][0-9])",
    # Epoch milliseconds of 2014 to 2033.
    r"(?<![0-9A-Za-z])1[4-9][0-9]{11}(?![0-9A-Za-z]|[ .()/-]{1,3}[0-9])",
    # A cache buster: epoch seconds or milliseconds under a version's name.
    r"[?&](?:v|ver|_|t|ts)=1[4-9][0-9]{8}(?:[0-9]{3})?(?![0-9])",
    # Style sheets and generated class names.
    r"(?:rgb|hsl)a?\(\s?[0-9]{1,3}(?:\.[0-9]{1,9})?(?:deg)?%?"
    r"(?:[ ,/]{1,3}[0-9]{0,3}(?:\.[0-9]{1,9})?%?){2,3}\s?\)",
    r"z-index:\s?[0-9]{1,10}(?![0-9])",
    r"(?<=[:,(])\s?#[0-9a-fA-F]{8}(?=\s?[;,)}!])",
    r"U\+[0-9A-Fa-f?]{1,6}(?:-[0-9A-Fa-f]{1,6})?",
    r"(?<![0-9A-Za-z.])[0-9]{1,10}(?:px|r?em|vh|vw|ms)(?![0-9A-Za-z])",
    r"_ng(?:content|host)-[A-Za-z0-9-]{1,40}",
    r"(?<![0-9A-Za-z])jsx-[0-9]{6,10}(?![0-9])",
    # Vector graphics inside markup, and a viewBox wherever it stands.
    r"(?<=[\s\"'])(?:d|points|viewBox|transform)=(?P<quote>[\"'])[A-Za-z0-9\s.,+()-]*+(?P=quote)",
    r"(?<![0-9])0 0 [0-9]{1,5}(?:\.[0-9]{1,9})? [0-9]{1,5}(?:\.[0-9]{1,9})?(?![0-9]| [0-9])",
)
_IPV4: Final = r"(?<![0-9])(?<![0-9]\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])"
_DECIMAL: Final = r"(?<![0-9.])[0-9]{1,6}\.[0-9]+(?![0-9]|[.()/-]{1,2}[0-9]| {1,2}[0-9]++(?![0-9.]))"
_RUN: Final = r"(?:\+|\((?=[0-9]{1,5}\)))?[0-9](?:[ .\-()/]{0,3}+[0-9])*+"
# Cards in four groups, with the separators that a run does not span.
_GROUPED: Final = r"(?<![0-9])[0-9]{4}(?P<gap>[ .,_:|/-])(?:[0-9]{4}(?P=gap)){2}[0-9]{1,7}(?![0-9])"

_NUMBERS: Final = re.compile(
    rf"(?P<exempt>{'|'.join(_EXEMPT)})|(?P<ip>{_IPV4})|(?P<group>{_GROUPED})|(?P<decimal>{_DECIMAL})|(?P<run>{_RUN})"
)
_CARDS: Final = re.compile(rf"(?P<group>{_GROUPED})|(?P<run>[0-9]{{13,}}+)")

_ADDRESS: Final = re.compile(_IPV4)
_PATH: Final = re.compile(r"\s*[Mm][\s0-9.,+-]+[A-Za-z][MmLlHhVvCcSsQqTtAaZzeE\s0-9.,+-]*+")
_WORD_REACH: Final = 64
_WORD_BEFORE: Final = re.compile(r"[0-9A-Za-z]*")
_WORD_RUNS: Final = re.compile(r"[0-9]+|[A-Za-z]+")
_HASH_RUNS: Final = 4  # letters, digits, letters, digits: `user12345678` is an id, `8f14e45fceea` a hash


def find_numbers(text: str) -> Iterator[Hit]:
    """Find the runs of at least seven digits, IPv4 addresses and cards."""
    if _PATH.fullmatch(text):
        yield from find_cards(text)
        return
    for match in _NUMBERS.finditer(text):
        kind = match.lastgroup
        shown = match[0]
        if kind == "ip":
            yield Hit(match.start(), match.end(), "IP", shown)
        elif kind == "run":
            if len(shown) >= MIN_DIGITS:
                yield from _run_hits(text, match)
        elif kind == "group":
            yield from _group_hits(match)


def find_cards(text: str) -> Iterator[Hit]:
    """Find only what is a card by length, first digit and check digit."""
    for match in _CARDS.finditer(text):
        digits = digits_of(match[0])
        if is_card(digits):
            yield Hit(match.start(), match.end(), "CARD", digits)


def _run_hits(text: str, match: re.Match[str]) -> Iterator[Hit]:
    shown = match[0]
    digits = digits_of(shown)
    if len(digits) < MIN_DIGITS:
        # Too short for a number, and yet an address may stand in it: `5 1.2.3.4`.
        for address in _ADDRESS.finditer(shown):
            yield Hit(match.start() + address.start(), match.start() + address.end(), "IP", address[0])
        return
    if shown == digits and _is_hash(text, match) and not is_card(digits):
        return
    kind, normalised = number_label(shown)
    yield Hit(match.start(), match.end(), kind, normalised)


def _group_hits(match: re.Match[str]) -> Iterator[Hit]:
    """A list of four numbers looks like a card in four groups; with commas the check digit tells."""
    digits = digits_of(match[0])
    if match["gap"] in " .-/" or is_card(digits):
        kind, normalised = number_label(match[0])
        yield Hit(match.start(), match.end(), kind, normalised)
        return
    for run in re.finditer(r"[0-9]{7,}", match[0]):
        kind, normalised = number_label(run[0])
        yield Hit(match.start() + run.start(), match.start() + run.end(), kind, normalised)


def _is_hash(text: str, match: re.Match[str]) -> bool:
    """Tell whether the digits stand within a word that goes back and forth between letters and digits."""
    start, end = match.span()
    before = _WORD_BEFORE.match(text[max(0, start - _WORD_REACH) : start][::-1])
    after = _WORD_BEFORE.match(text, end, end + _WORD_REACH)
    head, tail = (before[0][::-1] if before else ""), (after[0] if after else "")
    return len(_WORD_RUNS.findall(f"{head}{match[0]}{tail}")) >= _HASH_RUNS
