"""Replacements over a text: found in any order, joined where they overlap, put in at once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from traceflow.models.redaction.token import Kind


class Edit(NamedTuple):
    """A span and what goes there; ``kinds`` names what was replaced, once per value."""

    start: int
    end: int
    replacement: str
    kinds: tuple[Kind, ...]


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Put the replacements in; they are in order and do not overlap."""
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += (text[position : edit.start], edit.replacement)
        position = edit.end
    pieces.append(text[position:])
    return "".join(pieces)


def merge_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that overlap or touch, in order."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def outside(edits: Iterable[Edit], spans: Sequence[tuple[int, int]]) -> list[Edit]:
    """Keep the edits that touch none of the spans; both are in order."""
    if not spans:
        return list(edits)
    kept: list[Edit] = []
    index = 0
    for edit in edits:
        while index < len(spans) and spans[index][1] <= edit.start:
            index += 1
        if index == len(spans) or edit.end <= spans[index][0]:
            kept.append(edit)
    return kept


def join_edits(edits: Sequence[Edit]) -> list[Edit]:
    """Put edits in order; where some overlap, the longest one's replacement stands for all of them."""
    if len(edits) < 2:  # noqa: PLR2004 - one overlaps nothing
        return list(edits)
    joined: list[Edit] = []
    longest = 0
    for edit in sorted(edits, key=lambda each: (each.start, -each.end)):
        length = edit.end - edit.start
        if not joined or edit.start >= joined[-1].end:
            joined.append(edit)
            longest = length
            continue
        last = joined[-1]
        stronger = edit if length > longest else last
        longest = max(longest, length)
        joined[-1] = stronger._replace(start=last.start, end=max(last.end, edit.end))
    return joined
