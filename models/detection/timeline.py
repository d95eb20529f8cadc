"""The moments of one window in their order, indexed so that a click finds what followed it at once."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from traceflow.models.detection.moment import (
    Clicked,
    ErrorRaised,
    InputChanged,
    Moment,
    PageChanged,
    PageShown,
    Scrolled,
    SelectionChanged,
    SnapshotTaken,
    WindowSeen,
)
from traceflow.models.detection.node import Node, apply_attributes, apply_nodes, path_to_root
from traceflow.models.detection.rrweb import MUTATION


class Trace(StrEnum):
    """What a moment shows that a click can be followed by."""

    TREE = "tree"  # the document's tree changed
    EFFECT = "effect"  # media, styles or a canvas changed
    SELECTION = "selection"
    SCROLL = "scroll"
    INPUT = "input"
    SHOWN = "shown"  # a page, or the same page once more with a new snapshot
    NEW_PAGE = "new_page"  # a page of another address
    ERROR = "error"
    WINDOW = "window"
    CLICK = "click"


_TRACES: Mapping[type[Moment], Trace] = {
    SelectionChanged: Trace.SELECTION,
    Scrolled: Trace.SCROLL,
    InputChanged: Trace.INPUT,
    PageShown: Trace.SHOWN,
    SnapshotTaken: Trace.SHOWN,
    ErrorRaised: Trace.ERROR,
    WindowSeen: Trace.WINDOW,
    Clicked: Trace.CLICK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A click at its place in the window.

    ``path`` is the element and its ancestors, nearest first, as the page stood; empty where no snapshot
    or mutation named the element.
    """

    position: int
    at_ms: int
    moment: Clicked
    path: tuple[Node, ...]

    @property
    def target(self) -> Hashable:
        """What was clicked."""
        return click_target(self.moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A later moment, seen from a click."""

    position: int
    delay_ms: int
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One window's moments as given.

    ``clock_ms`` is each moment's time; where the recorded time steps back, the clock stands still, since
    the order given is the order in which things happened. ``positions`` lists where each trace is.
    """

    moments: Sequence[Moment]
    clock_ms: Sequence[int]
    positions: Mapping[Trace, Sequence[int]]
    clicks: tuple[Click, ...]

    @property
    def last_at_ms(self) -> int:
        """The last event's time: what had not run out by then is not decided."""
        return self.clock_ms[-1] if self.clock_ms else 0

    def first_after(self, click: Click, traces: Iterable[Trace], *, from_ms: float = 0) -> Effect | None:
        """Return the first such trace after the click, at least ``from_ms`` later."""
        start = click.position
        if from_ms > 0:
            start = bisect_left(self.clock_ms, click.at_ms + from_ms, lo=start + 1) - 1
        nexts = (self._next(trace, start) for trace in traces)
        position = min((position for position in nexts if position is not None), default=None)
        return self._effect(click, position) if position is not None else None

    def each_after(self, click: Click, trace: Trace, *, from_ms: float) -> Iterator[Effect]:
        """Yield every such trace after the click, at least ``from_ms`` later."""
        found = self.first_after(click, (trace,), from_ms=from_ms)
        while found is not None:
            yield found
            position = self._next(trace, found.position)
            found = self._effect(click, position) if position is not None else None

    def is_near(self, click: Click, trace: Trace, *, within_ms: float) -> bool:
        """Whether there is such a trace less than ``within_ms`` before or after the click."""
        positions = self.positions.get(trace, ())
        place = bisect_right(positions, click.position)
        around = positions[max(place - 1, 0) : place + 1]
        return any(abs(self.clock_ms[position] - click.at_ms) < within_ms for position in around)

    def _next(self, trace: Trace, position: int) -> int | None:
        positions = self.positions.get(trace, ())
        place = bisect_right(positions, position)
        return positions[place] if place < len(positions) else None

    def _effect(self, click: Click, position: int) -> Effect:
        delay_ms = self.clock_ms[position] - click.at_ms
        return Effect(position=position, delay_ms=delay_ms, moment=self.moments[position])


def click_target(clicked: Clicked) -> Hashable:
    """Return the element's id, or the spot where the click has none."""
    return clicked.node_id if clicked.node_id is not None else (clicked.x, clicked.y)


def timeline(moments: Sequence[Moment]) -> Timeline:
    """Follow the page through the moments, and note for every click what it hit."""
    clock_ms = list(accumulate((moment.evidence.at_ms for moment in moments), max))
    return Timeline(
        moments=moments, clock_ms=clock_ms, positions=_positions(moments), clicks=_clicks(moments, clock_ms)
    )


def _positions(moments: Sequence[Moment]) -> Mapping[Trace, Sequence[int]]:
    positions: defaultdict[Trace, list[int]] = defaultdict(list)
    href: str | None = None
    for position, moment in enumerate(moments):
        trace = _TRACES.get(type(moment))
        if isinstance(moment, PageChanged):
            trace = Trace.TREE if moment.source == MUTATION else Trace.EFFECT
        if trace is not None:
            positions[trace].append(position)
        if isinstance(moment, PageShown):
            if moment.origin == "navigation" or moment.href != href:
                positions[Trace.NEW_PAGE].append(position)
            href = moment.href
    return positions


def _clicks(moments: Sequence[Moment], clock_ms: Sequence[int]) -> tuple[Click, ...]:
    page: dict[int, Node] = {}
    clicks: list[Click] = []
    for position, moment in enumerate(moments):
        if isinstance(moment, Clicked):
            path = path_to_root(page, moment.node_id)
            clicks.append(Click(position=position, at_ms=clock_ms[position], moment=moment, path=path))
        elif isinstance(moment, SnapshotTaken):
            page = {node.node_id: node for node in moment.nodes}
        elif isinstance(moment, PageChanged):
            apply_nodes(page, moment.added)
            apply_attributes(page, moment.attributes)
    return tuple(clicks)
