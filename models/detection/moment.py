"""Hop 5. What an rrweb event says, in the words that detection and facts need.

Reading is stateless: a moment is made of one event, whatever segment it came in. It never raises; of
an event that cannot be read nothing remains but its time, and not even that without a timestamp.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from traceflow.models.detection import rrweb
from traceflow.models.detection.node import Node, added_nodes, changed_nodes, snapshot_nodes
from traceflow.models.detection.rrweb import WireData, WireEvent, WirePayload
from traceflow.models.enrichment.page_facts import PageFacts, read_page_facts
from traceflow.models.evidence import Evidence

_LONGEST_NAME = 1000  # of an address or a message; the recording keeps the whole
_LONGEST_TAG = 64
_LONGEST_SELECTOR = 300
_WINDOW_SEEN = {
    "visibilitychange": True,
    "visibility": True,
    "window visible": True,  # PostHog's recorder
    "window hidden": False,
    "window focus": True,
    "window blur": False,
    "ui.focus": True,  # Sentry's breadcrumbs
    "ui.blur": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An event of which nothing but its time matters."""

    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked(Moment):
    """A click (rrweb's MouseInteraction 2, not the press, focus and release around it)."""

    node_id: int | None
    x: float | None
    y: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChanged(Moment):
    """The page did something: ``source`` is rrweb's, 0 for a change of the tree."""

    source: int
    added: tuple[Node, ...] = ()
    attributes: tuple[tuple[int, Mapping[str, str]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionChanged(Moment):
    """The selected text changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrolled(Moment):
    """The page or a part of it scrolled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputChanged(Moment):
    """The value of a field changed."""

    node_id: int | None


class CursorPoint(NamedTuple):
    """Where the cursor was, when."""

    x: float
    y: float
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMoved(Moment):
    """The cursor's way since the batch before."""

    points: tuple[CursorPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRaised(Moment):
    """An error of the page (custom event ``error``).

    A line of the console is none, even at level ``error``: libraries warn there by the hundred, and an
    uncaught error would be counted twice.
    """

    name: str
    message: str
    is_handled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageShown(Moment):
    """A page came up: a ``meta`` event, or a ``navigation`` within the page.

    ``viewport_width`` is in CSS pixels; a navigation does not say it.
    """

    href: str
    origin: Literal["meta", "navigation"]
    viewport_width: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewportResized(Moment):
    """The window has another size."""

    width: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTaken(Moment):
    """The whole page as it stands."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomSent(Moment):
    """A custom event of any other tag; ``name`` is what it calls itself, or else its tag."""

    tag: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickNamed(CustomSent):
    """What the SDK calls the element of a click (custom event ``click``); the click itself is ``Clicked``."""

    selector: str
    node_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDescribed(CustomSent):
    """What the SDK says about the page it runs in (custom event ``page_facts``)."""

    facts: PageFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSeen(Moment):
    """The window was shown or hidden, gained or lost the focus."""

    is_visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSent(Moment):
    """What a plugin recorded; ``level`` is the console's."""

    plugin: str
    level: str


def read_moments(events: Sequence[bytes], *, window_id: str, segment_id: int) -> tuple[Moment, ...]:
    """Translate a segment's events, in their order; ``event_index`` is the place in ``events``."""
    moments: list[Moment] = []
    for index, raw in enumerate(events):
        event = rrweb.decode_event(raw)
        at_ms = rrweb.number(event.timestamp) if event is not None else None
        if event is None or at_ms is None:
            continue
        evidence = Evidence(window_id=window_id, segment_id=segment_id, event_index=index, at_ms=int(at_ms))
        moments.append(_read_event(event, evidence))
    return tuple(moments)


def _read_event(event: WireEvent, evidence: Evidence) -> Moment:
    kind, wire = event.type, event.data
    if kind == rrweb.INCREMENTAL:
        return _read_incremental(wire, evidence)
    if kind == rrweb.META:
        width = rrweb.number(wire.width)
        return PageShown(evidence=evidence, href=_name(wire.href), origin="meta", viewport_width=width)
    if kind == rrweb.FULL_SNAPSHOT:
        root = rrweb.decode_node(wire.node)
        return SnapshotTaken(evidence=evidence, nodes=snapshot_nodes(root) if root is not None else ())
    if kind == rrweb.CUSTOM:
        return _read_custom(wire, evidence)
    if kind == rrweb.PLUGIN:
        level = rrweb.text(rrweb.decode_payload(wire.payload).level, longest=_LONGEST_TAG)
        return PluginSent(
            evidence=evidence, plugin=rrweb.text(wire.plugin, longest=_LONGEST_TAG), level=level
        )
    return Moment(evidence=evidence)


def _read_incremental(wire: WireData, evidence: Evidence) -> Moment:
    source = rrweb.node_number(wire.source)
    if source is None:
        return Moment(evidence=evidence)
    if source in rrweb.EFFECTS:
        return PageChanged(evidence=evidence, source=source)
    reader = _INCREMENTAL.get(source)
    return reader(wire, evidence) if reader is not None else Moment(evidence=evidence)


def _read_mutation(wire: WireData, evidence: Evidence) -> PageChanged:
    return PageChanged(
        evidence=evidence,
        source=rrweb.MUTATION,
        added=added_nodes(rrweb.decode_adds(wire.adds)),
        attributes=changed_nodes(rrweb.decode_attribute_changes(wire.attributes)),
    )


def _read_interaction(wire: WireData, evidence: Evidence) -> Moment:
    if wire.type != rrweb.CLICK:
        return Moment(evidence=evidence)
    return Clicked(
        evidence=evidence,
        node_id=rrweb.node_number(wire.id),
        x=rrweb.number(wire.x),
        y=rrweb.number(wire.y),
    )


def _read_cursor(wire: WireData, evidence: Evidence) -> CursorMoved:
    points = []
    for position in rrweb.decode_positions(wire.positions):
        x, y = rrweb.number(position.x), rrweb.number(position.y)
        if x is not None and y is not None:
            points.append(CursorPoint(x, y, evidence.at_ms + (rrweb.number(position.offset_ms) or 0)))
    return CursorMoved(evidence=evidence, points=tuple(points))


def _read_input(wire: WireData, evidence: Evidence) -> InputChanged:
    return InputChanged(evidence=evidence, node_id=rrweb.node_number(wire.id))


def _read_scroll(_wire: WireData, evidence: Evidence) -> Scrolled:
    return Scrolled(evidence=evidence)


def _read_resize(wire: WireData, evidence: Evidence) -> ViewportResized:
    return ViewportResized(evidence=evidence, width=rrweb.number(wire.width))


def _read_selection(_wire: WireData, evidence: Evidence) -> SelectionChanged:
    return SelectionChanged(evidence=evidence)


_INCREMENTAL: Mapping[int, Callable[[WireData, Evidence], Moment]] = {
    rrweb.MUTATION: _read_mutation,
    rrweb.MOUSE_MOVE: _read_cursor,
    rrweb.MOUSE_INTERACTION: _read_interaction,
    rrweb.SCROLL: _read_scroll,
    rrweb.VIEWPORT_RESIZE: _read_resize,
    rrweb.INPUT: _read_input,
    rrweb.SELECTION: _read_selection,
}


def _read_custom(wire: WireData, evidence: Evidence) -> Moment:
    tag = rrweb.text(wire.tag, longest=_LONGEST_TAG)
    payload = rrweb.decode_payload(wire.payload)
    if tag == "error":
        return ErrorRaised(
            evidence=evidence,
            name=_name(payload.name),
            message=_name(payload.message),
            is_handled=payload.handled is True,
        )
    if tag == "navigation":
        return PageShown(
            evidence=evidence, href=_first_name(payload.href, payload.url, payload.to), origin="navigation"
        )
    seen = _WINDOW_SEEN.get(_window_tag(tag, payload))
    if seen is not None:
        return WindowSeen(evidence=evidence, is_visible=seen)
    name = _first_name(payload.name, payload.event) or tag
    if tag == "page_facts":
        return PageDescribed(evidence=evidence, tag=tag, name=name, facts=read_page_facts(wire.payload))
    selector = rrweb.text(payload.selector, longest=_LONGEST_SELECTOR) if tag == "click" else ""
    if selector:
        node_id = rrweb.node_number(payload.node_id)
        return ClickNamed(evidence=evidence, tag=tag, name=name, selector=selector, node_id=node_id)
    return CustomSent(evidence=evidence, tag=tag, name=name)


def _window_tag(tag: str, payload: WirePayload) -> str:
    if tag == "breadcrumb" and isinstance(payload.category, str):
        return payload.category
    return tag


def _name(value: object) -> str:
    return rrweb.text(value, longest=_LONGEST_NAME)


def _first_name(*values: object) -> str:
    return next((name for name in map(_name, values) if name), "")
