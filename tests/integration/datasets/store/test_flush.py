import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.datasets.store.ledger_store import LedgerStore
from traceflow.datasets.store.session_store import SessionStore
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.models.detection.signal import SignalKind
from traceflow.models.errors import NotFound, RecordCorrupt, ShardLost
from traceflow.models.ledger import Ledger
from traceflow.models.outcome import Count, Outcome
from traceflow.models.session.closing import CloseReason
from traceflow.models.session.session import AnalysisState, SessionState, signal_id

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Drain:
    drain_id: str
    received: Mapping[tuple[str, str], int]
    counts: tuple[Count, ...]


@pytest.fixture
def store(database: Database) -> ShardStore:
    return ShardStore(database)


@pytest.fixture
def sessions(database: Database) -> SessionStore:
    return SessionStore(database)


async def test_what_a_flush_writes_is_read_back_as_it_was(
    store: ShardStore, sessions: SessionStore, make: Any
) -> None:
    record = make.record(
        state=SessionState.CLOSED,
        revision=1,
        close_reason=CloseReason.FINAL,
        closed_at_ms=1_764_000_000_123,
        analysis=AnalysisState.DUE,
    )
    entries = (make.entry(0), make.entry(1, is_final=True), make.entry(0, "w2", min_timestamp_ms=None))
    flush = SessionFlush(
        record=record, segments=entries, signals=(make.signal(),), notable_events=(make.event(),)
    )

    await store.flush(make.batch(flush))

    assert await store.load_sessions([record.session]) == {record.session: record}
    assert (await store.load_segments([record.session]))[record.session] == entries
    assert await sessions.session(record.session) == record
    (stored,) = await sessions.signals(record.session)
    assert stored.signal == make.signal()
    assert stored.signal_id == signal_id(record.session, make.signal())
    assert await sessions.notable_events(record.session) == (make.event(),)


async def test_a_flush_from_another_place_than_the_last_one_is_refused_whole(
    store: ShardStore, sessions: SessionStore, make: Any
) -> None:
    await store.flush(make.batch(last="1-1"))

    with pytest.raises(ShardLost):
        await store.flush(make.batch(SessionFlush(record=make.record()), expected="1-0", last="1-2"))
    with pytest.raises(ShardLost):
        await store.flush(make.batch(SessionFlush(record=make.record()), expected=None, last="1-2"))

    with pytest.raises(NotFound):
        await sessions.session(make.record().session)
    assert await store.stream_offset(generation=make.generation, shard=0) == "1-1"


async def test_of_two_owners_that_flush_at_once_exactly_one_wins(store: ShardStore, make: Any) -> None:
    await store.flush(make.batch(last="1-1"))
    rivals = [make.batch(expected="1-1", last=f"2-{number}") for number in range(4)]

    results = await asyncio.gather(*(store.flush(each) for each in rivals), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["ShardLost"] * 3


async def test_a_segment_that_is_stored_already_undoes_the_whole_flush(
    store: ShardStore, database: Database, tenant_id: str, make: Any
) -> None:
    record = make.record()
    await store.flush(make.batch(SessionFlush(record=record, segments=(make.entry(0),)), last="1-1"))
    again = SessionFlush(record=replace(record, events=999), segments=(make.entry(1), make.entry(0)))
    count = Count(tenant_id=tenant_id, project_id="shop", outcome=Outcome.ACCEPTED, segments=2)

    with pytest.raises(ShardLost):
        await store.flush(make.batch(again, expected="1-1", last="1-2", counts=(count,)))

    assert await store.load_sessions([record.session]) == {record.session: record}
    assert len((await store.load_segments([record.session]))[record.session]) == 1
    assert await store.stream_offset(generation=make.generation, shard=0) == "1-1"
    assert await LedgerStore(database).ledger(tenant_id=tenant_id, project_id="shop") == Ledger(
        received=0, counts=()
    )


async def test_a_row_that_does_not_fit_is_named_corrupt_and_undoes_the_flush(
    store: ShardStore, make: Any
) -> None:
    good, bad = make.record("good"), make.record("bad", started_at_ms=2**63)

    with pytest.raises(RecordCorrupt):
        await store.flush(make.batch(SessionFlush(record=good), SessionFlush(record=bad)))

    assert await store.load_sessions([good.session, bad.session]) == {}
    assert await store.stream_offset(generation=make.generation, shard=0) is None


async def test_text_that_postgresql_cannot_hold_is_replaced_and_never_stops_a_flush(
    store: ShardStore, sessions: SessionStore, make: Any
) -> None:
    awkward = "a\x00b\ud800c"
    record = make.record(
        pages=(awkward,), masked={awkward: 1}, sdk=awkward, visitor=b'{"t":"\\u0000 \\ud800 1e999999"}'
    )
    flush = SessionFlush(
        record=record,
        notable_events=(make.event(name=awkward, kind=awkward),),
        signals=(replace(make.signal(), reason=awkward),),
    )

    await store.flush(make.batch(flush))

    stored = await sessions.session(record.session)
    assert (stored.pages, stored.masked, stored.sdk) == (("a�b�c",), {"a�b�c": 1}, "a�b�c")
    assert stored.visitor == record.visitor
    assert (await sessions.notable_events(record.session))[0].name == "a�b�c"


async def test_detecting_again_replaces_the_signals_and_none_leaves_them(
    store: ShardStore, sessions: SessionStore, make: Any
) -> None:
    record = make.record()
    kept, new = make.signal(2_000), make.signal(1_500, SignalKind.DEAD_CLICK)
    first = SessionFlush(record=record, signals=(kept, make.signal(3_000)))
    await store.flush(make.batch(first, last="1-1"))
    before = await sessions.signals(record.session)

    again = SessionFlush(record=record, signals=(kept, new))
    await store.flush(make.batch(again, expected="1-1", last="1-2"))
    await store.flush(make.batch(SessionFlush(record=record), expected="1-2", last="1-3"))

    after = await sessions.signals(record.session)
    assert [stored.signal for stored in after] == [new, kept]
    assert after[1].signal_id == before[0].signal_id


async def test_a_notable_event_is_stored_once_however_often_it_is_flushed(
    store: ShardStore, sessions: SessionStore, make: Any
) -> None:
    record = make.record()
    await store.flush(make.batch(SessionFlush(record=record, notable_events=(make.event(0),)), last="1-1"))

    more = SessionFlush(record=record, notable_events=(make.event(0), make.event(1)))
    await store.flush(make.batch(more, expected="1-1", last="1-2"))

    assert await sessions.notable_events(record.session) == (make.event(0), make.event(1))


async def test_a_late_flush_of_the_same_close_does_not_undo_its_analysis(
    store: ShardStore, make: Any
) -> None:
    due = make.record(revision=1, analysis=AnalysisState.DUE, state=SessionState.CLOSED)
    await store.flush(make.batch(SessionFlush(record=due), last="1-1"))

    reopened = replace(due, state=SessionState.OPEN, analysis=None)
    await store.flush(make.batch(SessionFlush(record=reopened), expected="1-1", last="1-2"))

    loaded = (await store.load_sessions([due.session]))[due.session]
    assert (loaded.state, loaded.analysis) == (SessionState.OPEN, AnalysisState.DUE)


async def test_a_drain_of_counts_is_folded_in_once(
    store: ShardStore, database: Database, tenant_id: str, make: Any
) -> None:
    duplicate = Count(tenant_id=tenant_id, project_id="shop", outcome=Outcome.FILTERED, reason="duplicate")
    accepted = Count(tenant_id=tenant_id, project_id="shop", outcome=Outcome.ACCEPTED, segments=3)
    drain = Drain(f"d-{tenant_id}", {(tenant_id, "shop"): 4}, (duplicate,))

    await store.flush(make.batch(last="1-1", counts=(accepted,), drain=drain))
    await store.flush(make.batch(expected="1-1", last="1-2", counts=(accepted, duplicate), drain=drain))

    ledger = await LedgerStore(database).ledger(tenant_id=tenant_id, project_id="shop")
    assert ledger == Ledger(
        received=4, counts=(replace(accepted, segments=6), replace(duplicate, segments=2))
    )
    totals = await LedgerStore(database).totals()
    assert totals[Outcome.ACCEPTED] >= 6
    assert set(totals) == set(Outcome)


async def test_shards_that_count_for_the_same_projects_at_once_lose_nothing(
    store: ShardStore, database: Database, tenant_id: str, make: Any
) -> None:
    counts = tuple(
        Count(tenant_id=tenant_id, project_id="shop", outcome=outcome, reason=reason)
        for outcome in (Outcome.ACCEPTED, Outcome.FILTERED, Outcome.INVALID)
        for reason in ("b", "a")
    )
    batches = [replace(make.batch(counts=counts), shard=shard) for shard in range(8)]

    await asyncio.gather(*(store.flush(batch) for batch in batches))

    ledger = await LedgerStore(database).ledger(tenant_id=tenant_id, project_id="shop")
    assert {count.segments for count in ledger.counts} == {8}


async def test_a_flush_may_hold_sessions_of_several_tenants(store: ShardStore, make: Any) -> None:
    first = make.record("s-1")
    other = replace(first, session=replace(first.session, tenant_id=f"{first.session.tenant_id}-b"))

    await store.flush(make.batch(SessionFlush(record=other), SessionFlush(record=first)))

    assert set(await store.load_sessions([first.session, other.session])) == {first.session, other.session}


async def test_open_sessions_are_listed_over_all_tenants_with_their_clocks(
    store: ShardStore, make: Any
) -> None:
    still_open, closed = make.record("open"), make.record("closed", state=SessionState.CLOSED)
    await store.flush(make.batch(SessionFlush(record=still_open), SessionFlush(record=closed)))

    found = [one for one in await store.open_sessions() if one.session.tenant_id == closed.session.tenant_id]

    assert [one.session for one in found] == [still_open.session]
    assert (found[0].opened_at_ms, found[0].last_arrival_ms) == (
        still_open.opened_at_ms,
        still_open.last_arrival_ms,
    )


async def test_a_session_of_a_month_without_a_partition_is_stored_all_the_same(
    store: ShardStore, sessions: SessionStore, make: Any
) -> None:
    year_2001_ms = 1_000_000_000_000
    record = make.record(first_arrival_ms=year_2001_ms)
    flush = SessionFlush(record=record, signals=(make.signal(),), notable_events=(make.event(),))

    await store.flush(make.batch(flush))

    assert len(await sessions.signals(make.key("s-1"))) == 1
    assert len(await sessions.notable_events(make.key("s-1"))) == 1
