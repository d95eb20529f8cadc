"""The documents that the API answers with, as ARCHITECTURE section 6 spells them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypedDict

from traceflow.models.detection.frustration import Frustration
from traceflow.models.detection.signal import SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.insight.finding import Finding, Insight
from traceflow.models.ledger import Ledger
from traceflow.models.outcome import Outcome
from traceflow.models.recording.index import RecordingIndex, SegmentIndexEntry, windows_of
from traceflow.models.session.session import SessionRecord, SessionState, StoredSignal
from traceflow.models.session.timeline_mark import TimelineMark
from traceflow.models.session.visitor import Visitor, read_visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionItem:
    """A session as lists show it; its times are null while no event of it has come.

    What it was recorded on is null where not known; ``visitor`` holds tokens, its ids null where it has none;
    ``timeline`` holds 40 moments at most.
    """

    session_id: str
    started_at_ms: int | None
    ended_at_ms: int | None
    duration_ms: int | None
    state: SessionState
    windows: int
    events: int
    errors: int
    signals: Mapping[str, int]
    frustration_score: float
    pages: tuple[str, ...]
    visitor: Visitor
    device: str | None
    browser: str | None
    os: str | None
    country: str | None
    release: str | None
    environment: str | None
    timeline: tuple[TimelineMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionList:
    """A page of sessions; ``next_cursor`` is null on the last."""

    items: tuple[SessionItem, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCompleteness:
    """What has come of one window, and what is missing below the highest segment that has.

    ``missing_full_snapshot`` is null where it is not known.
    """

    window_id: str
    segments: int
    gaps: tuple[int, ...]
    missing_full_snapshot: bool | None
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Whether every window has come whole, and what each lacks."""

    complete: bool
    windows: tuple[WindowCompleteness, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDocument(SessionItem):
    """A session item with what only the session's own page shows."""

    revision: int
    completeness: Completeness
    masked: Mapping[str, int]
    frustration: Frustration


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalEntry:
    """A signal with the events it rests on, and the page's address and the element where they are known."""

    signal_id: str
    kind: SignalKind
    at_ms: int
    reason: str
    evidence: tuple[Evidence, ...]
    page: str | None
    element: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalList:
    """All signals of a session."""

    items: tuple[SignalEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightEntry:
    """What an analysis concluded, finding by finding."""

    insight_id: str
    provider: str
    model: str
    summary: str
    findings: tuple[Finding, ...]
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightList:
    """All insights of a session."""

    items: tuple[InsightEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisStarted:
    """The workflow that analyses the session."""

    workflow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """So many segments ended in this way for this reason."""

    outcome: Outcome
    reason: str
    segments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDocument:
    """How a project's segments ended: ``received`` is the sum of the items and of those in flight.

    The three are read one after another: while segments arrive, the sum may be off by some.
    """

    received: int
    in_flight: int
    items: tuple[LedgerEntry, ...]


def session_item(record: SessionRecord) -> SessionItem:
    """Return a session as lists show it."""
    return SessionItem(**_item_fields(record))


def session_document(record: SessionRecord, index: RecordingIndex) -> SessionDocument:
    """Return a session's own page."""
    return SessionDocument(
        **_item_fields(record),
        revision=record.revision,
        completeness=_completeness(index.entries),
        masked=dict(record.masked),
        frustration=record.frustration,
    )


def signal_list(stored: Iterable[StoredSignal]) -> SignalList:
    """Return a session's signals, each with its id."""
    return SignalList(
        items=tuple(
            SignalEntry(
                signal_id=each.signal_id,
                kind=each.signal.kind,
                at_ms=each.signal.at_ms,
                reason=each.signal.reason,
                evidence=each.signal.evidence,
                page=each.place.page,
                element=each.place.element,
            )
            for each in stored
        )
    )


def insight_list(insights: Iterable[Insight]) -> InsightList:
    """Return a session's insights."""
    return InsightList(
        items=tuple(
            InsightEntry(
                insight_id=insight.insight_id,
                provider=insight.provider,
                model=insight.model,
                summary=insight.summary,
                findings=insight.findings,
                rejected=dict(insight.rejected),
            )
            for insight in insights
        )
    )


def ledger_document(ledger: Ledger, *, in_flight: int) -> LedgerDocument:
    """Return a project's ledger."""
    items = tuple(
        LedgerEntry(outcome=count.outcome, reason=count.reason, segments=count.segments)
        for count in ledger.counts
    )
    return LedgerDocument(received=ledger.received, in_flight=in_flight, items=items)


class _ItemFields(TypedDict):
    session_id: str
    started_at_ms: int | None
    ended_at_ms: int | None
    duration_ms: int | None
    state: SessionState
    windows: int
    events: int
    errors: int
    signals: Mapping[str, int]
    frustration_score: float
    pages: tuple[str, ...]
    visitor: Visitor
    device: str | None
    browser: str | None
    os: str | None
    country: str | None
    release: str | None
    environment: str | None
    timeline: tuple[TimelineMark, ...]


def _item_fields(record: SessionRecord) -> _ItemFields:
    return _ItemFields(
        session_id=record.session.session_id,
        started_at_ms=record.started_at_ms,
        ended_at_ms=record.ended_at_ms,
        duration_ms=record.duration_ms,
        state=record.state,
        windows=record.windows,
        events=record.events,
        errors=record.errors,
        signals={str(kind): count for kind, count in record.signal_counts.items() if count},
        frustration_score=record.frustration.score,
        pages=record.pages,
        visitor=read_visitor(record.visitor),
        device=record.client.device,
        browser=record.client.browser,
        os=record.client.os,
        country=record.client.country,
        release=record.client.release,
        environment=record.client.environment,
        timeline=record.timeline,
    )


def _completeness(entries: Sequence[SegmentIndexEntry]) -> Completeness:
    snapshots: dict[str, set[bool | None]] = defaultdict(set)
    for entry in entries:
        snapshots[entry.window_id].add(entry.has_full_snapshot)
    windows = tuple(
        WindowCompleteness(
            window_id=window.window_id,
            segments=len(window.segment_ids),
            gaps=window.gaps,
            missing_full_snapshot=_is_without(snapshots[window.window_id]),
            final=window.final_segment_id == max(window.segment_ids),
        )
        for window in windows_of(entries)
    )
    is_complete = all(each.final and not each.gaps and not each.missing_full_snapshot for each in windows)
    return Completeness(complete=is_complete, windows=windows)


def _is_without(has_full_snapshot: Set[bool | None]) -> bool | None:
    if True in has_full_snapshot:
        return False
    return None if None in has_full_snapshot else True
