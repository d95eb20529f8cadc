"""Hops 5 and 6. What a batch of envelopes makes of the sessions it touches: pure, apart from memory."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from traceflow.actors.session_processor.session_cache import CachedSession, SessionCache
from traceflow.actors.session_processor.session_memory import Assessment
from traceflow.datasets.streams.redis_shard import ShardEntry
from traceflow.models.detection.frustration import Frustration
from traceflow.models.detection.moment import SnapshotTaken, read_moments
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.envelope.events import event_headers, split_events
from traceflow.models.outcome import Count, Outcome
from traceflow.models.recording.frame import encode_frame, encode_lines
from traceflow.models.recording.index import SegmentIndexEntry
from traceflow.models.recording.placement import SegmentFrame, SegmentPlacement
from traceflow.models.sampling.decision import keep_everything
from traceflow.models.session.closing import ClosingRules, close_reason, is_worth_analysis
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import AnalysisState, SessionRecord, SessionState
from traceflow.models.session.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshSegment:
    """A segment that was not known, with its frame."""

    stream_id: str
    envelope: Envelope
    frame: SegmentFrame
    min_timestamp_ms: int | None
    max_timestamp_ms: int | None
    has_full_snapshot: bool


@dataclass(slots=True)
class Batch:
    """Sorted entries: fresh segments by session, repeats, and what contradicts an accepted segment."""

    fresh: dict[SessionKey, list[FreshSegment]] = field(default_factory=dict)
    duplicates: list[ShardEntry] = field(default_factory=list)
    conflicts: list[ShardEntry] = field(default_factory=list)

    def counts(self) -> tuple[Count, ...]:
        """Return the outcomes of the batch for the ledger."""
        counted: Counter[tuple[str, str, Outcome, str]] = Counter()
        for session, segments in self.fresh.items():
            counted[session.tenant_id, session.project_id, Outcome.ACCEPTED, ""] += len(segments)
        for entry in self.duplicates:
            counted[*_project(entry), Outcome.FILTERED, "duplicate"] += 1
        for entry in self.conflicts:
            counted[*_project(entry), Outcome.DEAD_LETTERED, "conflict"] += 1
        return tuple(
            Count(tenant_id=tenant, project_id=project, outcome=outcome, reason=reason, segments=segments)
            for (tenant, project, outcome, reason), segments in counted.items()
        )


def sort_batch(entries: Iterable[ShardEntry], cache: SessionCache) -> Batch:
    """Put each entry in its place and the fresh ones into memory; the sessions are loaded already."""
    batch = Batch()
    for entry in entries:
        envelope = entry.envelope
        assert envelope is not None
        memory = cache[envelope.session].memory
        known = memory.known_hash(envelope.window_id, envelope.segment_id)
        if known is None:
            segment = _fresh(entry, envelope, cache[envelope.session])
            batch.fresh.setdefault(envelope.session, []).append(segment)
        elif known == envelope.content_hash:
            batch.duplicates.append(entry)
        else:
            batch.conflicts.append(entry)
    return batch


def _fresh(entry: ShardEntry, envelope: Envelope, cached: CachedSession) -> FreshSegment:
    events = split_events(envelope.events)
    moments = read_moments(events, window_id=envelope.window_id, segment_id=envelope.segment_id)
    lines = encode_lines(events, window_id=envelope.window_id, segment_id=envelope.segment_id)
    times = [int(header.timestamp) for header in event_headers(envelope.events)]
    cached.memory.add(
        window_id=envelope.window_id,
        segment_id=envelope.segment_id,
        content_hash=envelope.content_hash,
        is_final=envelope.is_final,
        moments=moments,
        events=len(events),
    )
    return FreshSegment(
        stream_id=entry.stream_id,
        envelope=envelope,
        frame=SegmentFrame(
            window_id=envelope.window_id, segment_id=envelope.segment_id, frame=encode_frame(lines)
        ),
        min_timestamp_ms=min(times, default=None),
        max_timestamp_ms=max(times, default=None),
        has_full_snapshot=any(isinstance(moment, SnapshotTaken) for moment in moments),
    )


def _project(entry: ShardEntry) -> tuple[str, str]:
    assert entry.envelope is not None
    return entry.envelope.session.tenant_id, entry.envelope.session.project_id


def dead_letter_counts(entries: Sequence[ShardEntry], *, reason: str) -> tuple[Count, ...]:
    """Count given-up entries for the ledger."""
    # An entry without a project was never received by ingest: the dead letter alone tells of it.
    return tuple(
        Count(
            tenant_id=entry.project.partition("/")[0],
            project_id=entry.project.partition("/")[2],
            outcome=Outcome.DEAD_LETTERED,
            reason=reason,
        )
        for entry in entries
        if entry.project
    )


def index_entry(segment: FreshSegment, placement: SegmentPlacement) -> SegmentIndexEntry:
    """Return the index row of a segment that the archive holds."""
    envelope = segment.envelope
    return SegmentIndexEntry(
        window_id=envelope.window_id,
        segment_id=envelope.segment_id,
        content_hash=envelope.content_hash,
        events=envelope.event_count,
        min_timestamp_ms=segment.min_timestamp_ms,
        max_timestamp_ms=segment.max_timestamp_ms,
        is_final=envelope.is_final,
        received_at_ms=envelope.received_at_ms,
        stream_id=segment.stream_id,
        object_key=placement.object_key,
        block_offset=placement.block_offset,
        block_length=placement.block_length,
        frame_offset=placement.frame_offset,
        frame_length=placement.frame_length,
        has_full_snapshot=segment.has_full_snapshot,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRules:
    """When a session closes, and when it is then analysed."""

    closing: ClosingRules
    analysis_threshold: float


def next_record(
    cached: CachedSession,
    segments: Sequence[FreshSegment],
    assessment: Assessment,
    *,
    wrapped_key: bytes,
    rules: RecordRules,
    now_ms: int,
) -> SessionRecord:
    """Return the session's row after these segments; a closed session that gets more is opened anew.

    ``now_ms`` is how far the shard has come: behind the clock while a backlog is worked off, so that a
    session whose next segments are still waiting in it is not taken for idle.
    """
    envelopes = [segment.envelope for segment in segments]
    first_arrival_ms = min(envelope.received_at_ms for envelope in envelopes)
    last_arrival_ms = max(envelope.received_at_ms for envelope in envelopes)
    previous = cached.record or _new_record(envelopes[0], first_arrival_ms, wrapped_key)
    was_closed = previous.state is SessionState.CLOSED
    visitors = [envelope.visitor for envelope in envelopes if envelope.visitor != b"null"]
    record = replace(
        previous,
        state=SessionState.OPEN,
        close_reason=None,
        closed_at_ms=None,
        opened_at_ms=first_arrival_ms if was_closed else previous.opened_at_ms,
        last_arrival_ms=max(previous.last_arrival_ms, last_arrival_ms),
        windows=len(cached.memory.windows),
        started_at_ms=assessment.started_at_ms,
        ended_at_ms=assessment.ended_at_ms,
        events=assessment.events,
        errors=assessment.errors,
        frustration=assessment.frustration,
        signal_counts=Counter(signal.kind for signal in assessment.signals),
        pages=assessment.pages,
        masked=_sum([previous.masked, *(envelope.masked for envelope in envelopes)]),
        visitor=visitors[-1] if visitors else previous.visitor,
        sdk=envelopes[-1].sdk,
        client=assessment.client,
        timeline=assessment.timeline,
    )
    return closed_if_due(record, cached.memory.progress(), rules=rules, now_ms=now_ms)


def closed_if_due(
    record: SessionRecord, windows: Iterable[Window], *, rules: RecordRules, now_ms: int
) -> SessionRecord:
    """Return the row closed, its revision raised, where one of the clocks or the windows say so."""
    reason = close_reason(
        windows,
        opened_at_ms=record.opened_at_ms,
        last_arrival_ms=record.last_arrival_ms,
        now_ms=now_ms,
        rules=rules.closing,
    )
    if reason is None:
        return record
    is_due = is_worth_analysis(
        frustration_score=record.frustration.score,
        errors=record.errors,
        threshold=rules.analysis_threshold,
    )
    return replace(
        record,
        state=SessionState.CLOSED,
        close_reason=reason,
        closed_at_ms=now_ms,
        revision=record.revision + 1,
        analysis=AnalysisState.DUE if is_due else None,
        workflow_id=None,
    )


def _new_record(envelope: Envelope, first_arrival_ms: int, wrapped_key: bytes) -> SessionRecord:
    sampling = keep_everything()
    return SessionRecord(
        session=envelope.session,
        state=SessionState.OPEN,
        revision=0,
        started_at_ms=None,
        ended_at_ms=None,
        first_arrival_ms=first_arrival_ms,
        opened_at_ms=first_arrival_ms,
        last_arrival_ms=first_arrival_ms,
        windows=0,
        events=0,
        errors=0,
        frustration=Frustration(score=0.0, parts=()),
        signal_counts={},
        pages=(),
        masked={},
        visitor=envelope.visitor,
        sdk=envelope.sdk,
        wrapped_key=wrapped_key,
        sampling_probability=sampling.probability,
        sampling_reason=sampling.reason,
    )


def _sum(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)
