"""What one flush of a shard writes, all of it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from traceflow.models.detection.place import SignalPlace
from traceflow.models.detection.signal import Signal
from traceflow.models.outcome import Count
from traceflow.models.recording.index import SegmentIndexEntry
from traceflow.models.session.facts import NotableEvent
from traceflow.models.session.session import SessionRecord


class LedgerDrain(Protocol):
    """Counts taken elsewhere, folded into the ledger once per ``drain_id``.

    ``received`` is by (tenant, project).
    """

    @property
    def drain_id(self) -> str: ...
    @property
    def received(self) -> Mapping[tuple[str, str], int]: ...
    @property
    def counts(self) -> tuple[Count, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFlush:
    """A session as it stands now, with what is new of it.

    ``record.analysis`` counts only where the revision rises; ``signals`` are all of the session's and
    replace the stored ones, None where they stay, and ``places`` says where they happened; notable events
    whose place is stored already are left.
    """

    record: SessionRecord
    segments: tuple[SegmentIndexEntry, ...] = ()
    signals: tuple[Signal, ...] | None = None
    places: Mapping[Signal, SignalPlace] = field(default_factory=dict)
    notable_events: tuple[NotableEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushBatch:
    """A flush of one shard: a session stands in it once.

    ``expected_last_id`` is the ``last_id`` of the flush before, None for the first of the generation.
    """

    shard: int
    generation: str
    expected_last_id: str | None
    last_id: str
    sessions: tuple[SessionFlush, ...] = ()
    counts: tuple[Count, ...] = ()
    drain: LedgerDrain | None = None
