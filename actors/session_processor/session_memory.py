"""Hop 5. A session while its segments come in: what detection needs of it, window by window."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from traceflow.models.detection.detect import detect_window
from traceflow.models.detection.frustration import Frustration, frustration_score
from traceflow.models.detection.moment import (
    CursorMoved,
    Moment,
    PageChanged,
    PageDescribed,
    PageShown,
    SnapshotTaken,
)
from traceflow.models.detection.notable import notable_events
from traceflow.models.detection.place import SignalPlace, signal_places
from traceflow.models.detection.profile import Profile
from traceflow.models.detection.signal import Signal
from traceflow.models.detection.timeline import timeline
from traceflow.models.enrichment.client import Client, client_of
from traceflow.models.evidence import Evidence
from traceflow.models.session.facts import NotableEvent
from traceflow.models.session.timeline_mark import TimelineMark, timeline_marks
from traceflow.models.session.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFindings:
    """What a window says by itself, as long as no further segment of it comes."""

    signals: tuple[Signal, ...]
    places: Mapping[Signal, SignalPlace]
    notable_events: tuple[NotableEvent, ...]
    described: tuple[PageDescribed, ...]
    first_page: PageShown | None
    first_ms: int | None
    last_ms: int | None


@dataclass(slots=True)
class WindowMemory:
    """One window: the content hash and the moments of each of its segments."""

    hashes: dict[int, bytes] = field(default_factory=dict)
    moments: dict[int, tuple[Moment, ...]] = field(default_factory=dict)
    events: int = 0
    final_segment_id: int | None = None
    findings: WindowFindings | None = None

    def in_order(self) -> Iterator[Moment]:
        """Yield the moments by segment number, then by place: the order of the recording."""
        for segment_id in sorted(self.moments):
            yield from self.moments[segment_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is known of a session once its segments are put in order."""

    started_at_ms: int | None
    ended_at_ms: int | None
    events: int
    errors: int
    pages: tuple[str, ...]
    signals: tuple[Signal, ...]
    places: Mapping[Signal, SignalPlace]
    frustration: Frustration
    notable_events: tuple[NotableEvent, ...]
    client: Client
    timeline: tuple[TimelineMark, ...]


@dataclass(slots=True)
class SessionMemory:
    """A session being assembled, always under one profile.

    ``weight`` is about what it costs in memory, in moments; the nodes of a snapshot count one each.
    """

    windows: dict[str, WindowMemory] = field(default_factory=dict)
    weight: int = 0

    def known_hash(self, window_id: str, segment_id: int) -> bytes | None:
        """Return the content hash of a segment that came before, or None."""
        window = self.windows.get(window_id)
        return window.hashes.get(segment_id) if window is not None else None

    def add(
        self,
        *,
        window_id: str,
        segment_id: int,
        content_hash: bytes,
        is_final: bool,
        moments: tuple[Moment, ...],
        events: int,
    ) -> None:
        """Put one more segment in its place, whatever came before or after it."""
        window = self.windows.setdefault(window_id, WindowMemory())
        window.hashes[segment_id] = content_hash
        window.moments[segment_id] = moments
        window.events += events
        window.findings = None
        self.weight += sum(map(_weight, moments))
        if is_final and (window.final_segment_id is None or segment_id > window.final_segment_id):
            window.final_segment_id = segment_id

    def progress(self) -> tuple[Window, ...]:
        """Return which segments of each window have come."""
        return tuple(
            Window(
                window_id=window_id,
                segment_ids=frozenset(window.hashes),
                final_segment_id=window.final_segment_id,
            )
            for window_id, window in self.windows.items()
        )

    def assess(self, profile: Profile) -> Assessment:
        """Detect, score and sum up over all that has come; windows without news are not read again."""
        findings = [_findings(window, profile) for _, window in sorted(self.windows.items())]
        signals = tuple(sorted((each for found in findings for each in found.signals), key=_place))
        notable = tuple(event for found in findings for event in found.notable_events)
        return Assessment(
            started_at_ms=min(
                (each.first_ms for each in findings if each.first_ms is not None), default=None
            ),
            ended_at_ms=max((each.last_ms for each in findings if each.last_ms is not None), default=None),
            events=sum(window.events for window in self.windows.values()),
            errors=sum(event.kind == "error" for event in notable),
            pages=_pages(notable),
            signals=signals,
            places={signal: place for found in findings for signal, place in found.places.items()},
            frustration=frustration_score(signals, weights=profile.weights),
            notable_events=notable,
            client=_client(findings),
            timeline=timeline_marks(signals, notable),
        )


def _findings(window: WindowMemory, profile: Profile) -> WindowFindings:
    if window.findings is None:
        moments = tuple(window.in_order())
        times = [moment.evidence.at_ms for moment in moments]
        in_order = timeline(moments)
        signals = detect_window(in_order, profile=profile)
        window.findings = WindowFindings(
            signals=signals,
            places=signal_places(in_order, signals),
            notable_events=notable_events(moments),
            described=tuple(moment for moment in moments if isinstance(moment, PageDescribed)),
            first_page=next(
                (each for each in moments if isinstance(each, PageShown) and each.viewport_width), None
            ),
            first_ms=min(times, default=None),
            last_ms=max(times, default=None),
        )
    return window.findings


def _client(findings: Sequence[WindowFindings]) -> Client:
    described = sorted((each for found in findings for each in found.described), key=_when)
    pages = sorted((found.first_page for found in findings if found.first_page is not None), key=_when)
    width = pages[0].viewport_width if pages else None
    return client_of((each.facts for each in described), viewport_width=width)


def _when(moment: Moment) -> tuple[int, Evidence]:
    return moment.evidence.at_ms, moment.evidence


def _weight(moment: Moment) -> int:
    if isinstance(moment, SnapshotTaken):
        return 1 + len(moment.nodes)
    if isinstance(moment, PageChanged):
        return 1 + len(moment.added)
    if isinstance(moment, CursorMoved):
        return 1 + len(moment.points)
    return 1


def _place(signal: Signal) -> tuple[int, str, tuple[Evidence, ...]]:
    return signal.at_ms, signal.kind, signal.evidence


def _pages(notable: Sequence[NotableEvent]) -> tuple[str, ...]:
    shown = sorted(
        (event for event in notable if event.kind in {"page_view", "navigation"}),
        key=lambda event: event.evidence.at_ms,
    )
    return tuple(dict.fromkeys(event.name for event in shown))
