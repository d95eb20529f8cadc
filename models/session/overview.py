"""A project at a glance: how frustrated its sessions were, where, and by which errors."""

from dataclasses import dataclass

from traceflow.models.errors import RequestInvalid

# Event times end at 2^53 (ARCHITECTURE section 6, Segment).
_MAX_TIME_MS = 2**53
_MAX_PAGE = 8192
HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS
# Up to three days have at most 72 hours on the chart; beyond that a point is a day.
_HOURS_UP_TO_MS = 3 * DAY_MS
TOP = 20
# The points of a page are clicks by pixel: more than these cover each other.
POINTS_AT_MOST = 2000
# A chart is at most so many pixels wide; of more, the latest are shown.
BUCKETS_AT_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Sessions that started from ``from_ms`` on and before ``to_ms``; None is no bound.

    Raises RequestInvalid whose ``path`` names the bound at fault.
    """

    from_ms: int | None = None
    to_ms: int | None = None

    def __post_init__(self) -> None:
        for path, time_ms in (("from_ms", self.from_ms), ("to_ms", self.to_ms)):
            if time_ms is not None and not 0 <= time_ms <= _MAX_TIME_MS:
                raise RequestInvalid(f"{path} must be from 0 to 2^53.", path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Where something is to be seen: the last time that it happened."""

    session_id: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrustrationBucket:
    """The scores of the sessions that started in one hour or day, UTC; ``at_ms`` is its begin."""

    at_ms: int
    sessions: int
    mean_score: float
    p90_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Signals of one kind on one element of one page; ``share`` is of all sessions of the period.

    ``page`` is without query and fragment.
    """

    kind: str
    page: str | None
    element: str | None
    signals: int
    sessions: int
    share: float
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Errors that differ in details only; ``name`` and ``message`` are those of the last one."""

    group_id: str
    name: str
    message: str
    events: int
    sessions: int
    first_at_ms: int
    last_at_ms: int
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Figures of a period: every one counts sessions without weights, as they are stored.

    ``frustration`` has the buckets in which sessions started, by time.
    """

    sessions: int
    sessions_with_signals: int
    median_score: float | None
    frustration: tuple[FrustrationBucket, ...]
    bucket_ms: int
    problems: tuple[Problem, ...]
    errors: tuple[ErrorGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotQuery:
    """Which page's rage clicks; raises RequestInvalid."""

    page: str
    period: Period

    def __post_init__(self) -> None:
        has_surrogate = any("\ud800" <= character <= "\udfff" for character in self.page)
        if not 0 < len(self.page) <= _MAX_PAGE or "\x00" in self.page or has_surrogate:
            raise RequestInvalid(f"page must be 1 to {_MAX_PAGE} characters of text.", path="page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot:
    """Rage clicks on one spot: CSS pixels within a viewport that was ``viewport_width`` wide."""

    x: float
    y: float
    viewport_width: float | None
    signals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspots:
    """A page's rage clicks, and a moment of a recording that shows the page; points by their signals."""

    page: str
    signals: int
    sessions: int
    snapshot: Example | None
    points: tuple[Hotspot, ...]


def bucket_ms(first_ms: int, last_ms: int) -> int:
    """Return the width of a bucket for sessions that started in this time."""
    return HOUR_MS if last_ms - first_ms <= _HOURS_UP_TO_MS else DAY_MS
