"""Hop 5. Where on the site a signal happened: the page, the element, the spot."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag

from traceflow.models.detection.element import closest_control
from traceflow.models.detection.moment import ClickNamed, Moment, PageShown, ViewportResized
from traceflow.models.detection.node import Node
from traceflow.models.detection.signal import Signal
from traceflow.models.detection.timeline import Click, Timeline
from traceflow.models.evidence import Evidence

# The SDK names the element while the browser still handles the click.
_SAME_CLICK_MS = 50
# The same node so soon is the same element, even where the page was too busy to name every click.
_SAME_NODE_MS = 1000
_CLASSES_NAMED = 3
# It stands in an index: four bytes a character, and 2,704 is all that PostgreSQL's B-tree takes.
_LONGEST_GROUP = 500
# What a page's author calls things; anything else may be text.
_AUTHORS_NAME = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPlace:
    """Where a signal happened; None for what the recording does not tell.

    ``page`` is the window's address at that time. ``element`` is a selector, never the element's text.
    ``x`` and ``y`` are CSS pixels within the viewport, which was ``viewport_width`` wide.
    """

    page: str | None = None
    element: str | None = None
    x: float | None = None
    y: float | None = None
    viewport_width: float | None = None


NOWHERE = SignalPlace()


def signal_places(window: Timeline, signals: Sequence[Signal]) -> Mapping[Signal, SignalPlace]:
    """Find the place of each signal of a window: that of its first click, else of its first event."""
    if not signals:
        return {}
    names = _NamedClicks(window)
    clicks = {click.moment.evidence: click for click in window.clicks}
    shown = dict(_shown_at(window.moments, wanted={_place_of(signal, clicks) for signal in signals}))
    places: dict[Signal, SignalPlace] = {}
    for signal in signals:
        evidence = _place_of(signal, clicks)
        page, width = shown.get(evidence, (None, None))
        click = clicks.get(evidence)
        places[signal] = SignalPlace(
            page=page,
            element=names.element_of(click) if click is not None else None,
            x=click.moment.x if click is not None else None,
            y=click.moment.y if click is not None else None,
            viewport_width=width,
        )
    return places


def page_group(address: str) -> str:
    """Return the address without its query and fragment, so that visits of one page count as one.

    A fragment that a router reads (``#/…``, ``#!…``) is part of the page; what is very long is cut.
    """
    page, fragment = urldefrag(address) if "#" in address else (address, "")
    route = f"#{fragment.partition('?')[0]}" if fragment.startswith(("/", "!")) else ""
    return (page.partition("?")[0] + route)[:_LONGEST_GROUP]


def describe_node(node: Node) -> str:
    """Write an element as a selector: tag, id and the first classes, as far as they are an author's names."""
    node_id = node.attributes.get("id", "")
    classes = (name for name in node.attributes.get("class", "").split() if _AUTHORS_NAME.fullmatch(name))
    named = [name for _, name in zip(range(_CLASSES_NAMED), classes, strict=False)]
    written_id = f"#{node_id}" if _AUTHORS_NAME.fullmatch(node_id) else ""
    return "".join([node.tag, written_id, *(f".{name}" for name in named)])


class _NamedClicks:
    """The elements as the SDK names them, by time."""

    def __init__(self, window: Timeline) -> None:
        found = [
            (at_ms, moment)
            for at_ms, moment in zip(window.clock_ms, window.moments, strict=True)
            if isinstance(moment, ClickNamed)
        ]
        self._times = [at_ms for at_ms, _ in found]
        self._named = [moment for _, moment in found]

    def element_of(self, click: Click) -> str | None:
        """Return the SDK's name of what was clicked, else the node described."""
        node_id = click.moment.node_id
        near = self._near(click.at_ms, within_ms=_SAME_NODE_MS)
        same = (each for each in near if node_id is not None and each[1].node_id == node_id)
        close = (each for each in near if each[0] <= _SAME_CLICK_MS)
        for found in (same, close):
            nearest = min(found, key=lambda each: each[0], default=None)
            if nearest is not None:
                return nearest[1].selector
        control = closest_control(click.path)
        return describe_node(control) if control is not None else None

    def _near(self, at_ms: int, *, within_ms: int) -> list[tuple[int, ClickNamed]]:
        start = bisect_left(self._times, at_ms - within_ms)
        end = bisect_right(self._times, at_ms + within_ms)
        return [(abs(self._times[n] - at_ms), self._named[n]) for n in range(start, end)]


def _place_of(signal: Signal, clicks: Mapping[Evidence, Click]) -> Evidence:
    return next((each for each in signal.evidence if each in clicks), signal.evidence[0])


def _shown_at(
    moments: Iterable[Moment], *, wanted: set[Evidence]
) -> Iterator[tuple[Evidence, tuple[str | None, float | None]]]:
    page: str | None = None
    width: float | None = None
    for moment in moments:
        if isinstance(moment, PageShown):
            page = moment.href or page
            width = width if moment.viewport_width is None else moment.viewport_width
        elif isinstance(moment, ViewportResized):
            width = width if moment.width is None else moment.width
        if moment.evidence in wanted:
            yield moment.evidence, (page, width)
