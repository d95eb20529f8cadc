"""A recorded event as the check of findings sees it: its place, its time and what it is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from traceflow.models.detection.rrweb import WireData, WireEvent, decode_event, number
from traceflow.models.detection.signal import SignalKind
from traceflow.models.errors import RecordCorrupt
from traceflow.models.evidence import Evidence
from traceflow.models.session.facts import SessionFacts

# rrweb's own numbers: packages/types/src/index.ts, EventType, IncrementalSource, MouseInteractions.
_INCREMENTAL, _META, _CUSTOM = 3, 4, 5
_MOUSE_INTERACTION, _SCROLL, _INPUT = 2, 3, 5
_CLICK = 2

# What a finding may claim besides a signal; a page's own custom tags are not among them, or a page
# could name a tag ``rage_click`` and be believed.
EVENT_KINDS = frozenset({"click", "error", "identify", "input", "navigation", "page_view", "scroll", "track"})
CLAIM_KINDS = EVENT_KINDS | frozenset(SignalKind)

_CUSTOM_KINDS = frozenset({"error", "identify", "navigation", "track"})

# The rows that a finding can be about; the others are named by a page's own tags, even ``click``.
NOTABLE_KINDS = _CUSTOM_KINDS | {"page_view"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class EventPlace:
    """Where an event stands in a recording."""

    window_id: str
    segment_id: int
    event_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One event of a session; ``kinds`` is empty for one that no finding can be about."""

    window_id: str
    segment_id: int
    event_index: int
    timestamp_ms: int
    kinds: frozenset[str]

    @property
    def place(self) -> EventPlace:
        return EventPlace(window_id=self.window_id, segment_id=self.segment_id, event_index=self.event_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvents:
    """What a session has at the places that were asked for, and which windows it has at all."""

    window_ids: frozenset[str]
    events: tuple[RecordedEvent, ...]


def place_of(evidence: Evidence) -> EventPlace:
    """Name the place that a piece of evidence cites."""
    return EventPlace(
        window_id=evidence.window_id, segment_id=evidence.segment_id, event_index=evidence.event_index
    )


def recorded_event(raw: bytes, *, place: EventPlace) -> RecordedEvent:
    """Read what the check needs of an event's JSON; any shape of ``data`` is fine.

    Raises RecordCorrupt where the bytes are no event.
    """
    event = decode_event(raw)
    timestamp_ms = number(event.timestamp) if event is not None else None
    if event is None or timestamp_ms is None:
        raise RecordCorrupt("A recorded event cannot be read.", place=repr(place))
    return RecordedEvent(
        window_id=place.window_id,
        segment_id=place.segment_id,
        event_index=place.event_index,
        timestamp_ms=int(timestamp_ms),
        kinds=_own_kinds(event),
    )


def _own_kinds(event: WireEvent) -> frozenset[str]:
    if event.type == _META:
        return frozenset({"page_view"})
    if event.type == _CUSTOM and isinstance(event.data.tag, str) and event.data.tag in _CUSTOM_KINDS:
        return frozenset({event.data.tag})
    if event.type == _INCREMENTAL:
        return _incremental_kinds(event.data)
    return frozenset()


def _incremental_kinds(change: WireData) -> frozenset[str]:
    if change.source == _MOUSE_INTERACTION and change.type == _CLICK:
        return frozenset({"click"})
    if change.source == _SCROLL:
        return frozenset({"scroll"})
    if change.source == _INPUT:
        return frozenset({"input"})
    return frozenset()


def with_detected_kinds(recorded: RecordedEvents, *, facts: SessionFacts) -> RecordedEvents:
    """Add to each event the kinds of the signals that rest on it, and of the row that it became."""
    detected = dict[EventPlace, set[str]]()
    for place, kind in _detected(facts):
        detected.setdefault(place, set()).add(kind)
    events = tuple(
        replace(event, kinds=event.kinds | detected.get(event.place, set())) for event in recorded.events
    )
    return replace(recorded, events=events)


def _detected(facts: SessionFacts) -> Iterable[tuple[EventPlace, str]]:
    for signal in facts.signals:
        for evidence in signal.evidence:
            yield place_of(evidence), signal.kind.value
    for notable in facts.notable_events:
        if notable.kind in NOTABLE_KINDS:
            yield place_of(notable.evidence), notable.kind
