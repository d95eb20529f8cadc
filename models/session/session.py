"""A session as it is stored: the state that hop 5 keeps and that the API shows."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from traceflow.models.detection.frustration import Frustration
from traceflow.models.detection.place import NOWHERE, SignalPlace
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.enrichment.client import UNKNOWN, Client
from traceflow.models.session.closing import CloseReason
from traceflow.models.session.key import SessionKey
from traceflow.models.session.timeline_mark import TimelineMark


class SessionState(StrEnum):
    """Whether segments are still expected; a late one opens a closed session anew."""

    OPEN = "open"
    CLOSED = "closed"


class AnalysisState(StrEnum):
    """How far the analysis of a session's last close is: to be started, or started."""

    DUE = "due"
    STARTED = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """What is known of a session, all its segments together.

    ``started_at_ms`` and ``ended_at_ms`` are event times, None while no event has come; arrivals are the
    server's clock, and ``first_arrival_ms`` never changes. ``opened_at_ms`` is the first arrival since the
    session was last opened. ``revision`` is 0 until the first close and rises at every close. ``visitor``
    is JSON as redacted; ``wrapped_key`` is the session's data key, wrapped by its tenant's archive key.
    """

    session: SessionKey
    state: SessionState
    revision: int
    started_at_ms: int | None
    ended_at_ms: int | None
    first_arrival_ms: int
    opened_at_ms: int
    last_arrival_ms: int
    windows: int
    events: int
    errors: int
    frustration: Frustration
    signal_counts: Mapping[SignalKind, int]
    pages: tuple[str, ...]
    masked: Mapping[str, int]
    visitor: bytes
    sdk: str
    wrapped_key: bytes
    sampling_probability: float
    sampling_reason: str
    close_reason: CloseReason | None = None
    closed_at_ms: int | None = None
    analysis: AnalysisState | None = None
    workflow_id: str | None = None
    client: Client = UNKNOWN
    timeline: tuple[TimelineMark, ...] = ()

    @property
    def duration_ms(self) -> int | None:
        """Return the time from the first event to the last, None while there is none."""
        if self.started_at_ms is None or self.ended_at_ms is None:
            return None
        return self.ended_at_ms - self.started_at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignal:
    """A signal under the id that the API gives it, and where on the site it happened."""

    signal_id: str
    signal: Signal
    place: SignalPlace = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """An open session and the clocks that will close it."""

    session: SessionKey
    opened_at_ms: int
    last_arrival_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAnalysis:
    """A close whose analysis waits to be started."""

    session: SessionKey
    revision: int


def signal_id(session: SessionKey, signal: Signal) -> str:
    """Name a signal by its session, kind and events, so that detecting it again gives the same id."""
    places = (f"{one.window_id}/{one.segment_id}/{one.event_index}" for one in signal.evidence)
    parts = (session.tenant_id, session.project_id, session.session_id, signal.kind, *places)
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=12).hexdigest()
