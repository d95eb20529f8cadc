"""Hop 5. A session while its segments come in: what detection needs of it, window by window."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from traceflow.models.detection.detect import detect
from traceflow.models.detection.frustration import Frustration, frustration_score
from traceflow.models.detection.moment import Moment
from traceflow.models.detection.notable import notable_events
from traceflow.models.detection.profile import Profile
from traceflow.models.detection.signal import Signal
from traceflow.models.session.facts import NotableEvent
from traceflow.models.session.window import Window


@dataclass(slots=True)
class WindowMemory:
    """One window: the content hash and the moments of each of its segments."""

    hashes: dict[int, bytes] = field(default_factory=dict)
    moments: dict[int, tuple[Moment, ...]] = field(default_factory=dict)
    events: int = 0
    final_segment_id: int | None = None

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
    frustration: Frustration
    notable_events: tuple[NotableEvent, ...]


@dataclass(slots=True)
class SessionMemory:
    """A session being assembled."""

    windows: dict[str, WindowMemory] = field(default_factory=dict)
    masked: Counter[str] = field(default_factory=Counter)

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

    @property
    def weight(self) -> int:
        """Return how many moments are held: what this session costs in memory."""
        return sum(len(moments) for window in self.windows.values() for moments in window.moments.values())

    def assess(self, profile: Profile) -> Assessment:
        """Detect, score and sum up over all that has come."""
        ordered = {window_id: tuple(window.in_order()) for window_id, window in self.windows.items()}
        signals = detect(ordered, profile=profile)
        notable = tuple(event for moments in ordered.values() for event in notable_events(moments))
        started_at_ms, ended_at_ms = _span(ordered)
        return Assessment(
            started_at_ms=started_at_ms,
            ended_at_ms=ended_at_ms,
            events=sum(window.events for window in self.windows.values()),
            errors=sum(event.kind == "error" for event in notable),
            pages=_pages(notable),
            signals=signals,
            frustration=frustration_score(signals, weights=profile.weights),
            notable_events=notable,
        )


def _span(windows: Mapping[str, Sequence[Moment]]) -> tuple[int | None, int | None]:
    times = [moment.evidence.at_ms for moments in windows.values() for moment in moments]
    return (min(times), max(times)) if times else (None, None)


def _pages(notable: Sequence[NotableEvent]) -> tuple[str, ...]:
    shown = sorted(
        (event for event in notable if event.kind in {"page_view", "navigation"}),
        key=lambda event: event.evidence.at_ms,
    )
    return tuple(dict.fromkeys(event.name for event in shown))
