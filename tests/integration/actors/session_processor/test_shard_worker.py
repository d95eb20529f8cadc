import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from traceflow.datasets.streams.redis_connection import segments_key
from traceflow.models.errors import ArchiveUnavailable, Misconfigured, StoreUnavailable
from traceflow.models.session.closing import IDLE_MS, MAX_AGE_MS, CloseReason
from traceflow.models.session.session import AnalysisState, SessionState
from traceflow.models.wire.stream_entry import encode_entry

pytestmark = pytest.mark.integration

ERROR = {
    "type": 5,
    "timestamp": 1_764_000_000_000,
    "data": {"tag": "error", "payload": {"name": "TypeError", "message": "x is undefined"}},
}
SNAPSHOT = {
    "type": 2,
    "timestamp": 1_764_000_000_000,
    "data": {"node": {"type": 0, "id": 1, "childNodes": []}, "initialOffset": {"top": 0, "left": 0}},
}


def fails(times: int, error: Callable[[], Exception]) -> Callable[[], None]:
    left = [times]

    def fail() -> None:
        if left[0]:
            left[0] -= 1
            raise error()

    return fail


def unavailable() -> Exception:
    return StoreUnavailable("PostgreSQL is away")


def expected(*envelopes: Any) -> set[tuple[str, str, int, bytes]]:
    return {
        (each.session.session_id, each.window_id, each.segment_id, each.content_hash) for each in envelopes
    }


async def test_what_was_appended_becomes_rows_and_blocks_and_is_counted_once(world: Any) -> None:
    envelopes = [
        world.envelope(number, session_id=f"s{session}", window_id=window)
        for session in range(5)
        for window in ("w1", "w2")
        for number in range(6)
    ]
    await world.append(*envelopes, *envelopes[:7])

    await world.work_off()

    assert await world.stored(*(f"s{n}" for n in range(5))) == expected(*envelopes)
    assert await world.ledger() == {"accepted/": 60, "filtered/duplicate": 7}
    session = await world.session("s3")
    assert (session.windows, session.events, session.state) == (2, 36, SessionState.OPEN)


async def test_a_snapshot_is_known_by_its_index_row(world: Any) -> None:
    await world.append(world.envelope(0, events=[SNAPSHOT]), world.envelope(1))

    await world.work_off()

    entries = (await world.store.load_segments([world.key("s1")]))[world.key("s1")]
    assert [each.has_full_snapshot for each in entries] == [True, False]


async def test_repeats_that_ingest_has_forgotten_are_found_here(world: Any) -> None:
    await world.append(world.envelope(0))
    await world.work_off()
    for key in await world.redis.keys("*seen*"):
        await world.redis.delete(key)

    await world.append(world.envelope(0), world.envelope(1, content_hash=b"1" * 16))
    for key in await world.redis.keys("*seen*"):
        await world.redis.delete(key)
    await world.append(world.envelope(1, content_hash=b"2" * 16))
    await world.work_off()

    assert await world.stored("s1") == expected(world.envelope(0), world.envelope(1, content_hash=b"1" * 16))
    assert await world.ledger() == {
        "accepted/": 2,
        "filtered/duplicate": 1,
        "dead_lettered/conflict": 1,
    }
    (letter,) = await world.dead_letters()
    assert (letter["reason"], letter["attempts"]) == ("conflict", "1")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_store_that_fails_around_its_commit_loses_and_doubles_nothing(
    world: Any, moment: str
) -> None:
    envelopes = [world.envelope(number) for number in range(20)]
    await world.append(*envelopes)
    setattr(world.store, moment, fails(2, unavailable))

    await world.work_off()

    assert await world.stored("s1") == expected(*envelopes)
    assert await world.ledger() == {"accepted/": 20}
    assert await world.dead_letters() == []


async def test_nothing_is_acknowledged_before_it_is_durable(world: Any) -> None:
    await world.append(*(world.envelope(number) for number in range(5)))
    seen: list[int] = []

    async def note() -> None:
        seen.append(await world.gauge.lag())

    world.store.before = fails(10_000, unavailable)
    async with world.at_work():
        for _ in range(10):
            await asyncio.sleep(0.05)
            await note()
        world.store.before = None
        await world.settled()

    assert seen == [5] * 10
    assert await world.ledger() == {"accepted/": 5}


@pytest.mark.parametrize(
    "error", [lambda: ArchiveUnavailable("the bucket is away"), lambda: Misconfigured("the key is another")]
)
async def test_what_is_nobodys_fault_is_waited_for_and_counts_against_no_segment(
    world: Any, error: Callable[[], Exception]
) -> None:
    envelopes = [world.envelope(number) for number in range(3)]
    await world.append(*envelopes)
    world.objects.before = fails(3, error)

    await world.work_off()

    assert await world.stored("s1") == expected(*envelopes)
    assert await world.dead_letters() == []
    assert await world.ledger() == {"accepted/": 3}


async def test_a_conflict_is_buried_once_however_long_the_store_is_away(world: Any) -> None:
    await world.append(world.envelope(0))
    for key in await world.redis.keys("*seen*"):
        await world.redis.delete(key)
    await world.append(world.envelope(0, content_hash=b"2" * 16))
    world.store.before = fails(3, unavailable)

    await world.work_off()

    assert len(await world.dead_letters()) == 1
    assert await world.ledger() == {"accepted/": 1, "dead_lettered/conflict": 1}


@pytest.mark.parametrize("seed", range(3))
async def test_crashes_at_any_moment_lose_and_double_nothing(world: Any, seed: int) -> None:
    rng = Random(seed)
    envelopes = [
        world.envelope(number, session_id=f"s{session}") for session in range(4) for number in range(30)
    ]
    rng.shuffle(envelopes)
    waiting = list(envelopes)

    for _ in range(20):
        some, waiting = waiting[:4], waiting[4:]
        await world.append(*some, *rng.sample(some, k=min(1, len(some))))
        working = asyncio.create_task(world.worker().run(asyncio.Event()))
        for _ in range(rng.randrange(400)):
            await asyncio.sleep(0)
        await asyncio.sleep(rng.choice([0, 0, 0.02, 0.2]))
        while not working.done():
            # More than once: Python 3.11's wait_for, below psycopg, can swallow one.
            working.cancel()
            await asyncio.wait({working}, timeout=0.1)
    await world.append(*waiting)
    await world.work_off()

    assert await world.stored(*(f"s{n}" for n in range(4))) == expected(*envelopes)
    assert await world.ledger() == {"accepted/": 120, "filtered/duplicate": 20}
    assert await world.dead_letters() == []


async def test_two_workers_of_one_shard_lose_and_double_nothing(world: Any) -> None:
    envelopes = [world.envelope(number, session_id=f"s{number % 3}") for number in range(150)]

    async with world.at_work(workers=2):
        for start in range(0, 150, 5):
            await world.append(*envelopes[start : start + 5])
            await asyncio.sleep(0.02)
        await world.settled()

    assert await world.stored("s0", "s1", "s2") == expected(*envelopes)
    assert await world.ledger() == {"accepted/": 150}
    assert await world.dead_letters() == []


async def test_what_another_process_has_in_hand_is_never_passed_over(world: Any) -> None:
    in_other_hands, own = [world.envelope(number) for number in range(3)], world.envelope(3)
    project, stream = f"{world.tenant_id}/shop", segments_key(0)

    async with world.at_work():
        await asyncio.sleep(0.3)
        async with world.redis.pipeline(transaction=True) as both:
            for envelope in in_other_hands:
                both.xadd(stream, {"p": project, "e": encode_entry(envelope)})
            both.hincrby("tf:{0}:in_flight", project, 3)
            both.hincrby("tf:{0}:ledger", f"{project}/received/", 3)
            both.xreadgroup("processors", "processor-0", {stream: ">"})
            await both.execute()
        await world.append(own)
        await asyncio.sleep(1)
    await world.work_off()

    assert await world.stored("s1") == expected(*in_other_hands, own)
    assert await world.ledger() == {"accepted/": 4}


async def test_entries_that_are_none_are_buried_and_the_others_go_on(world: Any) -> None:
    stream, project = segments_key(0), f"{world.tenant_id}/shop"
    await world.redis.xadd(stream, {"p": project, "e": b"\xc1 no entry"})
    await world.redis.hincrby("tf:{0}:in_flight", project, 1)
    await world.redis.hincrby("tf:{0}:ledger", f"{project}/received/", 1)
    await world.redis.xadd(stream, {"stranger": "x"})
    await world.redis.xadd(stream, {"p": "no-such-tenant/shop", "e": b"x"})
    await world.append(world.envelope(0))

    await world.work_off()

    letters = await world.dead_letters()
    assert [letter["p"] for letter in letters] == [project, "", "no-such-tenant/shop"]
    assert {letter["reason"] for letter in letters} == {"undecodable"}
    assert all(letter["first_error"] for letter in letters)
    assert await world.ledger() == {"accepted/": 1, "dead_lettered/undecodable": 1}


async def test_a_segment_that_fails_by_itself_is_buried_after_six_tries(world: Any) -> None:
    poison = world.envelope(1, events=b"this was never admitted")
    others = [world.envelope(0), world.envelope(2), world.envelope(0, session_id="s2")]
    await world.append(others[0], poison, *others[1:])

    await world.work_off()

    (letter,) = await world.dead_letters()
    assert (letter["reason"], letter["attempts"]) == ("failed", "6")
    assert letter["first_error"].startswith("EnvelopeInvalid: The events are no JSON array.")
    assert letter["last_error"] == letter["first_error"]
    assert "never admitted" not in letter["first_error"]
    assert await world.stored("s1", "s2") == expected(*others)
    assert await world.ledger() == {"accepted/": 3, "dead_lettered/failed": 1}


async def test_tries_are_counted_over_restarts(world: Any) -> None:
    await world.append(world.envelope(1, events=b"never admitted"))
    (stream_id, _), *_ = await world.redis.xrange(segments_key(0))
    await world.redis.xgroup_create(segments_key(0), "processors", id="0")
    await world.redis.xreadgroup("processors", "processor-0", {segments_key(0): ">"})
    await world.redis.hset("tf:{0}:attempts", stream_id, 6)

    await world.work_off()

    (letter,) = await world.dead_letters()
    assert (letter["attempts"], letter["first_error"]) == ("6", "the process ended at every try")


async def test_a_session_closes_as_soon_as_every_window_is_final_and_whole(world: Any) -> None:
    await world.append(world.envelope(0), world.envelope(2, is_final=True))
    await world.work_off()
    assert (await world.session()).state is SessionState.OPEN

    await world.append(world.envelope(1))
    await world.work_off()

    session = await world.session()
    assert (session.state, session.close_reason, session.revision) == (
        SessionState.CLOSED,
        CloseReason.FINAL,
        1,
    )


async def test_a_late_segment_opens_it_anew_and_every_close_has_its_revision(world: Any) -> None:
    await world.append(world.envelope(0, is_final=True))
    await world.work_off()

    await world.append(world.envelope(1))
    await world.work_off()
    opened = await world.session()
    await world.append(world.envelope(2, is_final=True))
    await world.work_off()

    assert (opened.state, opened.revision, opened.closed_at_ms) == (SessionState.OPEN, 1, None)
    closed = await world.session()
    assert (closed.state, closed.revision, closed.events) == (SessionState.CLOSED, 2, 9)


@pytest.mark.parametrize(
    ("later_ms", "reason"), [(IDLE_MS, CloseReason.IDLE), (MAX_AGE_MS, CloseReason.MAX_AGE)]
)
async def test_the_clock_closes_a_session_once_and_listeners_hear_of_it(
    world: Any, later_ms: int, reason: CloseReason
) -> None:
    await world.append(world.envelope(0))
    await world.work_off()
    if reason is CloseReason.MAX_AGE:
        world.now_ms += later_ms - 1000
        await world.append(world.envelope(1))
        await world.work_off()
        later_ms = 1000
    world.now_ms += later_ms

    async with world.at_work(workers=2):
        async with asyncio.timeout(10):
            while (await world.session()).state is SessionState.OPEN:  # noqa: ASYNC110 - what is outside cannot set an event
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)

    session = await world.session()
    assert (session.close_reason, session.revision) == (reason, 1)
    assert world.feed.notices[-1].fields["state"] == "closed"


async def test_a_backlog_that_is_older_than_the_idle_time_closes_a_session_once(world: Any) -> None:
    world.settings = world.settings.model_copy(update={"flush_segments": 2})
    await world.append(*(world.envelope(number, events=[ERROR]) for number in range(10)))
    world.now_ms += 3 * IDLE_MS

    async with world.at_work():
        await world.settled()
        async with asyncio.timeout(10):
            while (await world.session()).state is SessionState.OPEN:  # noqa: ASYNC110 - what is outside cannot set an event
                await asyncio.sleep(0.05)

    assert (await world.session()).revision == 1


@pytest.mark.parametrize(("event", "analysis"), [(ERROR, AnalysisState.DUE), (SNAPSHOT, None)])
async def test_an_analysis_is_due_at_a_close_with_something_to_analyse(
    world: Any, event: dict[str, Any], analysis: AnalysisState | None
) -> None:
    await world.append(world.envelope(0, events=[event]))
    await world.work_off()
    assert (await world.session()).analysis is None

    await world.append(world.envelope(1, is_final=True))
    await world.work_off()

    assert (await world.session()).analysis is analysis
    assert world.due == (analysis is not None)


async def test_a_restarted_worker_tells_no_signal_twice_and_scores_alike(world: Any) -> None:
    clicks = [
        {
            "type": 3,
            "timestamp": world.now_ms + 100 * n,
            "data": {"source": 2, "type": 2, "id": 9, "x": 5, "y": 5},
        }
        for n in range(8)
    ]
    await world.append(world.envelope(0, events=clicks))
    await world.work_off()
    first = await world.session()
    told = [notice for notice in world.feed.notices if notice.kind == "signal"]

    await world.append(world.envelope(1))
    await world.work_off()

    assert told
    assert [notice for notice in world.feed.notices if notice.kind == "signal"] == told
    assert (await world.session()).frustration == first.frustration


async def test_a_worker_that_is_told_to_stop_stores_what_it_has_in_hand(world: Any) -> None:
    world.settings = world.settings.model_copy(update={"flush_after_s": 60.0})
    stop = asyncio.Event()
    working = asyncio.create_task(world.worker().run(stop))
    await world.append(world.envelope(0))
    await asyncio.sleep(0.5)

    stop.set()
    async with asyncio.timeout(3):
        await working

    assert await world.stored("s1") == expected(world.envelope(0))
    assert await world.gauge.lag() == 0
