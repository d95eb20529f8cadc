"""What a list shows of a session at a glance: its signals, errors and navigations on a line of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traceflow.models.detection.signal import Signal
from traceflow.models.session.facts import NotableEvent

# A row of a list is a few hundred pixels wide: more marks than this cover each other.
MARKS_AT_MOST = 40
_KINDS = {"error": "error", "navigation": "navigation", "page_view": "navigation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineMark:
    """A moment of a session; ``kind`` is a signal's kind, ``error`` or ``navigation``."""

    kind: str
    at_ms: int


def timeline_marks(
    signals: Iterable[Signal], notable_events: Iterable[NotableEvent]
) -> tuple[TimelineMark, ...]:
    """Choose the marks by time; where there are too many, signals come before errors, errors before pages.

    Of the kind that does not fit whole, some are left out evenly over the session.
    """
    marks = [TimelineMark(kind=signal.kind.value, at_ms=signal.at_ms) for signal in signals]
    chosen = _thinned(marks, at_most=MARKS_AT_MOST)
    events = [
        TimelineMark(kind=_KINDS[event.kind], at_ms=event.evidence.at_ms)
        for event in notable_events
        if event.kind in _KINDS
    ]
    for kind in ("error", "navigation"):
        room = MARKS_AT_MOST - len(chosen)
        chosen += _thinned([mark for mark in events if mark.kind == kind], at_most=room)
    return tuple(sorted(chosen, key=_order))


def _thinned(marks: Iterable[TimelineMark], *, at_most: int) -> list[TimelineMark]:
    ordered: Sequence[TimelineMark] = sorted(marks, key=_order)
    if len(ordered) <= at_most:
        return list(ordered)
    return [ordered[number * len(ordered) // at_most] for number in range(at_most)]


def _order(mark: TimelineMark) -> tuple[int, str]:
    return mark.at_ms, mark.kind
