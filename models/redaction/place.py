"""Where tokens stand in stored events: what was masked can be shown without ever having been kept."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from traceflow.models.redaction.token import TOKEN

# How encode_lines begins a line: the same bytes within one segment.
_HEAD = re.compile(rb'\{"window_id":"[^"]*","segment_id":[0-9]+')
_TOKEN_BYTES = re.compile(TOKEN.pattern.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """A token within an event, by the event's place and the path within it."""

    window_id: str
    segment_id: int
    event_index: int
    at_ms: int
    path: str
    type: str
    token: str


class TokenFinder:
    """Finds tokens in a recording's lines, which it is given in the recording's order."""

    def __init__(self) -> None:
        self._segment = b""
        self._event_index = -1

    def find(self, lines: Iterable[bytes]) -> Iterator[TokenPlace]:
        """Yield the tokens of the lines, one after another; it goes on where the lines before ended."""
        for line in lines:
            self._count(line)
            if _TOKEN_BYTES.search(line) is not None:
                yield from _places(line, event_index=self._event_index)

    def _count(self, line: bytes) -> None:
        head = _HEAD.match(line)
        segment = b"" if head is None else head.group()
        self._event_index = self._event_index + 1 if segment == self._segment else 0
        self._segment = segment


def _places(line: bytes, *, event_index: int) -> Iterator[TokenPlace]:
    try:
        event = json.loads(line)
    except (RecursionError, ValueError):
        # Deeper than Python's own reader goes, or a number of 4,300 digits: a preview can do without.
        return
    for path, token in _tokens(event):
        yield TokenPlace(
            window_id=event["window_id"],
            segment_id=event["segment_id"],
            event_index=event_index,
            at_ms=int(event["timestamp"]),
            path=path,
            type=token[1:].partition(":")[0],
            token=token,
        )


def _tokens(event: object) -> Iterator[tuple[str, str]]:
    """Yield (path, token), in the order in which they stand; keys are searched too."""
    waiting: list[tuple[str, object]] = [("", event)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield from ((path, match.group()) for match in TOKEN.finditer(value))
        elif isinstance(value, list):
            waiting += reversed([(f"{path}[{index}]", each) for index, each in enumerate(value)])
        elif isinstance(value, dict):
            steps = [(f"{path}.{key}" if path else key, key, each) for key, each in value.items()]
            for place, key, _ in steps:
                yield from ((place, match.group()) for match in TOKEN.finditer(key))
            waiting += reversed([(place, each) for place, _, each in steps])
