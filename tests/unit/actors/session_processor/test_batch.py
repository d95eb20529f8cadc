from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from traceflow.actors.session_processor.batch import (
    Batch,
    RecordRules,
    closed_if_due,
    dead_letter_counts,
    index_entry,
    next_record,
    sort_batch,
)
from traceflow.actors.session_processor.notices import notices_of
from traceflow.actors.session_processor.session_cache import CachedSession
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.datasets.streams.redis_shard import ShardEntry
from traceflow.models.detection.profile import PROFILES
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.enrichment.client import Client
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import EnvelopeInvalid
from traceflow.models.evidence import Evidence
from traceflow.models.outcome import Outcome
from traceflow.models.recording.placement import SegmentPlacement
from traceflow.models.session.closing import IDLE_MS, MAX_AGE_MS, CloseReason, ClosingRules
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import AnalysisState, SessionRecord, SessionState
from traceflow.models.session.timeline_mark import TimelineMark

NOW_MS = 1_764_000_000_000
RULES = RecordRules(closing=ClosingRules(), analysis_threshold=30.0)
SESSION = SessionKey(tenant_id="acme", project_id="shop", session_id="s1")
ERROR = {"type": 5, "timestamp": 5, "data": {"tag": "error", "payload": {"message": "x is undefined"}}}


def entry(segment_id: int = 0, *, events: Any = (), content_hash: bytes = b"a", **fields: Any) -> ShardEntry:
    envelope = Envelope(
        session=SESSION,
        window_id=fields.pop("window_id", "w1"),
        segment_id=segment_id,
        sent_at_ms=0,
        received_at_ms=fields.pop("received_at_ms", NOW_MS),
        is_final=fields.pop("is_final", False),
        sdk=fields.pop("sdk", "web/1"),
        visitor=fields.pop("visitor", b"null"),
        events=events if isinstance(events, bytes) else msgspec.json.encode(list(events)),
        event_count=0 if isinstance(events, bytes) else len(events),
        content_hash=content_hash,
        masked=fields.pop("masked", {}),
    )
    return ShardEntry(stream_id=f"1-{segment_id}", project="acme/shop", content=b"", envelope=envelope)


class OneSession(dict[SessionKey, CachedSession]):
    """Stands for the cache: it holds the one session of these tests."""


def sort(*entries: ShardEntry, cached: CachedSession | None = None) -> Batch:
    return sort_batch(entries, OneSession({SESSION: cached or CachedSession()}))  # type: ignore[arg-type]


def record_after(cached: CachedSession, *entries: ShardEntry, now_ms: int = NOW_MS) -> SessionRecord:
    batch = sort(*entries, cached=cached)
    record = next_record(
        cached,
        batch.fresh[SESSION],
        cached.memory.assess(PROFILES["default"]),
        wrapped_key=b"key",
        rules=RULES,
        now_ms=now_ms,
    )
    cached.record = record
    return record


def counts_of(batch: Batch) -> dict[tuple[Outcome, str], int]:
    return {(each.outcome, each.reason): each.segments for each in batch.counts()}


def test_fresh_repeated_and_contradicting_entries_are_told_apart_within_one_batch() -> None:
    batch = sort(entry(0), entry(1), entry(0), entry(1, content_hash=b"b"), entry(1))

    assert [each.envelope.segment_id for each in batch.fresh[SESSION]] == [0, 1]
    assert [each.stream_id for each in batch.duplicates] == ["1-0", "1-1"]
    assert [each.stream_id for each in batch.conflicts] == ["1-1"]
    assert counts_of(batch) == {
        (Outcome.ACCEPTED, ""): 2,
        (Outcome.FILTERED, "duplicate"): 2,
        (Outcome.DEAD_LETTERED, "conflict"): 1,
    }


def test_what_came_in_an_earlier_batch_is_known() -> None:
    cached = CachedSession()
    sort(entry(0), cached=cached)

    batch = sort(entry(0), entry(0, content_hash=b"b"), cached=cached)

    assert not batch.fresh
    assert (len(batch.duplicates), len(batch.conflicts)) == (1, 1)


def test_events_that_are_none_leave_no_trace_in_memory() -> None:
    cached = CachedSession()

    with pytest.raises(EnvelopeInvalid):
        sort(entry(0, events=b"nonsense"), cached=cached)

    assert cached.memory.known_hash("w1", 0) is None


def test_an_index_row_says_what_its_segment_holds() -> None:
    events = [{"type": 2, "timestamp": 9, "data": {}}, {"type": 3, "timestamp": 4.5, "data": {}}]
    (segment,) = sort(entry(3, events=events, is_final=True)).fresh[SESSION]
    placement = SegmentPlacement(
        session=SESSION,
        window_id="w1",
        segment_id=3,
        object_key="k",
        block_offset=1,
        block_length=2,
        frame_offset=3,
        frame_length=4,
    )

    row = index_entry(segment, placement)

    assert (row.events, row.min_timestamp_ms, row.max_timestamp_ms, row.is_final) == (2, 4, 9, True)
    assert (row.object_key, row.frame_offset, row.stream_id) == ("k", 3, "1-3")


def test_a_new_session_is_open_with_what_its_first_segments_say() -> None:
    record = record_after(
        CachedSession(),
        entry(0, visitor=b'{"anonymous_id":"a"}', masked={"EMAIL": 1}, received_at_ms=NOW_MS - 5),
        entry(1, masked={"EMAIL": 2, "CARD": 1}, sdk="web/2", events=[ERROR]),
    )

    assert (record.state, record.revision, record.windows, record.events, record.errors) == (
        SessionState.OPEN,
        0,
        1,
        1,
        1,
    )
    assert (record.first_arrival_ms, record.last_arrival_ms) == (NOW_MS - 5, NOW_MS)
    assert record.masked == {"EMAIL": 3, "CARD": 1}
    assert (record.visitor, record.sdk, record.wrapped_key) == (b'{"anonymous_id":"a"}', "web/2", b"key")


def test_a_segment_without_a_visitor_keeps_the_one_that_is_known() -> None:
    cached = CachedSession()
    record_after(cached, entry(0, visitor=b'{"anonymous_id":"a"}'))

    assert record_after(cached, entry(1)).visitor == b'{"anonymous_id":"a"}'
    assert record_after(cached, entry(2, visitor=b'{"anonymous_id":"b"}')).visitor == b'{"anonymous_id":"b"}'


def test_masked_values_add_up_over_flushes() -> None:
    cached = CachedSession()
    record_after(cached, entry(0, masked={"EMAIL": 1}))

    assert record_after(cached, entry(1, masked={"EMAIL": 4, "JWT": 1})).masked == {"EMAIL": 5, "JWT": 1}


def test_the_revision_rises_at_every_close_and_a_late_segment_opens_anew() -> None:
    cached = CachedSession()
    closed = record_after(cached, entry(0, is_final=True))
    opened = record_after(cached, entry(1, received_at_ms=NOW_MS + 9), now_ms=NOW_MS + 9)
    again = record_after(cached, entry(2, is_final=True), now_ms=NOW_MS + 10)

    assert (closed.state, closed.revision, closed.close_reason) == (SessionState.CLOSED, 1, CloseReason.FINAL)
    assert (opened.state, opened.revision, opened.close_reason) == (SessionState.OPEN, 1, None)
    assert opened.opened_at_ms == NOW_MS + 9
    assert (opened.first_arrival_ms, again.revision) == (NOW_MS, 2)


@pytest.mark.parametrize(
    ("later_ms", "reason"),
    [(IDLE_MS - 1, None), (IDLE_MS, CloseReason.IDLE), (MAX_AGE_MS, CloseReason.IDLE)],
)
def test_the_clock_closes(later_ms: int, reason: CloseReason | None) -> None:
    record = record_after(CachedSession(), entry(0))

    closed = closed_if_due(record, (), rules=RULES, now_ms=NOW_MS + later_ms)

    assert closed.close_reason is reason
    assert closed.revision == (reason is not None)


def test_a_session_that_never_pauses_closes_after_a_day() -> None:
    cached = CachedSession()
    record_after(cached, entry(0))
    late_ms = NOW_MS + MAX_AGE_MS

    record = record_after(cached, entry(1, received_at_ms=late_ms), now_ms=late_ms)

    assert record.close_reason is CloseReason.MAX_AGE


@pytest.mark.parametrize(("events", "analysis"), [([ERROR], AnalysisState.DUE), ([], None)])
def test_only_a_close_makes_an_analysis_due_and_only_where_there_is_something(
    events: list[Any], analysis: AnalysisState | None
) -> None:
    cached = CachedSession()

    opened = record_after(cached, entry(0, events=events))
    closed = record_after(cached, entry(1, is_final=True))

    assert (opened.analysis, closed.analysis) == (None, analysis)


def test_given_up_entries_are_counted_for_their_project_if_they_name_one() -> None:
    strangers = ShardEntry(stream_id="1-9", project="", content=b"x", envelope=None)

    counts = dead_letter_counts([entry(0), strangers], reason="failed")

    assert [(each.tenant_id, each.project_id, each.reason, each.segments) for each in counts] == [
        ("acme", "shop", "failed", 1)
    ]


def signals(*times: int) -> tuple[Signal, ...]:
    def one(at_ms: int) -> Signal:
        place = Evidence(window_id="w1", segment_id=0, event_index=0, at_ms=at_ms)
        return Signal(kind=SignalKind.DEAD_CLICK, at_ms=at_ms, reason="nothing happened", evidence=(place,))

    return tuple(map(one, times))


def told(found: Iterable[Any]) -> list[tuple[str, Any]]:
    return [(notice.kind, notice.fields.get("at_ms")) for notice in found]


def test_listeners_hear_of_the_session_and_of_each_signal_once() -> None:
    record = record_after(CachedSession(), entry(0))
    flush = SessionFlush(record=record, signals=signals(30, 10, 20))

    assert told(notices_of(flush, told=frozenset(signals(10)))) == [
        ("session", None),
        ("signal", 20),
        ("signal", 30),
    ]
    assert told(notices_of(SessionFlush(record=record), told=frozenset())) == [("session", None)]


def test_the_row_says_what_the_session_was_recorded_on_and_shows_its_timeline() -> None:
    facts = {"type": 5, "timestamp": 1, "data": {"tag": "page_facts", "payload": {"device": "mobile"}}}

    record = record_after(CachedSession(), entry(0, events=[facts, ERROR]))

    assert record.client == Client(device="mobile")
    assert record.timeline == (TimelineMark(kind="error", at_ms=5),)
