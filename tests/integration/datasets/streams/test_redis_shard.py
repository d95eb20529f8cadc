import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from traceflow.datasets.streams.redis_connection import (
    DEAD,
    GROUP,
    StreamSettings,
    segments_key,
    shard_key,
    shard_of,
)
from traceflow.datasets.streams.redis_gauge import RedisGauge
from traceflow.datasets.streams.redis_shard import DeadLetter, RedisShard, ShardEntry
from traceflow.datasets.streams.redis_stream import RedisStream
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.outcome import Count, Outcome

pytestmark = pytest.mark.integration

Make = Callable[..., Envelope]
LETTER = DeadLetter(reason="failed", attempts=6, first_error="a", last_error="b")
MANY = 1 << 30


@pytest.fixture
def settings(stream_settings: StreamSettings) -> StreamSettings:
    return stream_settings.model_copy(update={"shards": 1})


@pytest.fixture
def stream(settings: StreamSettings, redis: Redis) -> RedisStream:
    return RedisStream(settings, redis)


@pytest.fixture
def gauge(settings: StreamSettings, redis: Redis) -> RedisGauge:
    return RedisGauge(settings, redis)


async def opened(redis: Redis, consumer: str = "processor-0") -> RedisShard:
    shard = RedisShard(redis, shard=0, consumer=consumer)
    await shard.open()
    return shard


async def read(shard: RedisShard, count: int = 100, bytes_at_most: int = MANY) -> list[ShardEntry]:
    return await shard.read(count=count, bytes_at_most=bytes_at_most, block_ms=50)


async def unacknowledged(shard: RedisShard) -> list[int]:
    await shard.claim()
    found = []
    after = "0-0"
    while (entry := await shard.next_unacknowledged(after=after)) is not None:
        after = entry.stream_id
        found.append(number_of(entry))
    return found


def number_of(entry: ShardEntry) -> int:
    assert entry.envelope is not None
    return entry.envelope.segment_id


async def append(stream: RedisStream, make: Make, *numbers: int) -> None:
    for number in numbers:
        await stream.append(make(number))


async def test_entries_come_in_the_order_of_their_appends(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, 5, 3, 4, 1)
    shard = await opened(redis)

    assert [number_of(entry) for entry in await read(shard)] == [5, 3, 4, 1]


async def test_an_idle_read_waits_and_then_takes_what_comes(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    shard = await opened(redis)
    reading = asyncio.create_task(shard.read(count=10, bytes_at_most=MANY, block_ms=500))
    await asyncio.sleep(0.1)

    await append(stream, make_envelope, 7)

    assert [number_of(entry) for entry in await reading] == [7]
    assert await read(shard) == []


async def test_a_restarted_consumer_finds_what_it_had_in_hand_first(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, 0, 1, 2, 3)
    before = await opened(redis)
    await before.acknowledge((await read(before, 3))[:1])

    after = await opened(redis)

    assert await unacknowledged(after) == [1, 2]
    assert [number_of(entry) for entry in await read(after)] == [3]


async def test_another_consumers_entries_are_claimed_in_order_however_many(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, *range(250))
    first, second = await opened(redis, "one"), await opened(redis, "two")
    await read(first, 120)
    await read(second, 120)

    third = await opened(redis, "three")

    assert await unacknowledged(third) == list(range(240))


async def test_a_read_is_bounded_by_what_its_events_unpack_to(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    for number in range(5):
        await stream.append(make_envelope(number, events=b'["%b"]' % (b"a" * 100_000)))
    shard = await opened(redis)

    sizes = [len(await read(shard, bytes_at_most=150_000)) for _ in range(3)]

    assert sizes == [2, 2, 1]


async def test_bytes_that_are_no_entry_come_as_what_they_are(redis: Redis) -> None:
    shard = await opened(redis)
    await redis.xadd(segments_key(0), {"p": "acme/shop", "e": b"\xff\x00nonsense"})
    await redis.xadd(segments_key(0), {"stranger": "1"})

    first, second = await read(shard)

    assert (first.project, first.content, first.envelope) == ("acme/shop", b"\xff\x00nonsense", None)
    assert (second.project, second.content, second.envelope) == ("", b"", None)


async def test_acknowledging_trims_up_to_the_oldest_pending_and_no_further(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, *range(6))
    shard = await opened(redis)
    entries = await read(shard, 4)

    await shard.acknowledge([entries[0], entries[2]])

    left = [entry_id.decode() for entry_id, _ in await redis.xrange(segments_key(0))]
    assert left[0] == entries[1].stream_id
    assert len(left) == 5
    await shard.acknowledge([entries[1], entries[3]])
    assert await redis.xlen(segments_key(0)) == 2
    assert [number_of(entry) for entry in await read(shard)] == [4, 5]


async def test_a_stream_that_is_worked_off_is_empty_whatever_projects_it_held(
    stream: RedisStream, redis: Redis, make_envelope: Make, gauge: RedisGauge
) -> None:
    for number, tenant_id in enumerate(["a", "b", "b", "a", "c"]):
        await stream.append(make_envelope(number, tenant_id=tenant_id))
    shard = await opened(redis)
    entries = await read(shard)
    assert await gauge.in_flight(tenant_id="b", project_id="shop") == 2

    await shard.acknowledge(entries)
    await shard.acknowledge(entries)

    assert await redis.xlen(segments_key(0)) == 0
    for tenant_id in "abc":
        assert await gauge.in_flight(tenant_id=tenant_id, project_id="shop") == 0


async def test_thousands_are_acknowledged_in_one_call(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await asyncio.gather(*(stream.append(make_envelope(number)) for number in range(9000)))
    shard = await opened(redis)
    entries = await read(shard, 9000)

    await shard.acknowledge(entries)

    assert (await redis.xpending(segments_key(0), GROUP))["pending"] == 0


async def test_who_holds_all_that_is_pending_knows_it(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, *range(6))
    mine, other = await opened(redis), await opened(redis)
    first = await read(mine, 2)
    assert await mine.holds(first)
    assert await mine.holds(first[:1])

    await read(other, 2)
    later = await read(mine, 2)

    assert await mine.holds(first)
    assert not await mine.holds([*first, *later])
    assert not await mine.holds(later)
    await other.acknowledge(first)
    assert not await mine.holds(first)


async def test_attempts_and_errors_outlive_the_process_and_end_with_the_entry(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, 0)
    (entry,) = await read(await opened(redis))

    counted = []
    for error in ("first", "second", "third"):
        shard = await opened(redis)
        counted.append(await shard.note_attempt(entry))
        await shard.note_error(entry, error)

    assert counted == [1, 2, 3]
    assert await shard.attempts(entry) == 3
    assert await shard.errors(entry) == ("first", "third")
    await shard.acknowledge([entry])
    assert await shard.attempts(entry) == 0
    assert await redis.exists(shard_key(0, "attempts")) == 0


async def test_a_dead_letter_is_written_once_however_often_it_is_tried(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, 0)
    (entry,) = await read(await opened(redis))

    for _ in range(3):
        await (await opened(redis)).bury(entry, LETTER)

    ((_, fields),) = await redis.xrange(DEAD)
    assert fields == {
        b"shard": b"0",
        b"stream_id": entry.stream_id.encode(),
        b"p": b"acme/shop",
        b"e": entry.content,
        b"reason": b"failed",
        b"attempts": b"6",
        b"first_error": b"a",
        b"last_error": b"b",
    }


async def test_a_drain_is_the_same_until_it_is_confirmed(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    await append(stream, make_envelope, 0, 0, 1)
    stream.count(Count(tenant_id="acme", project_id="shop", outcome=Outcome.INVALID, reason="a/b"))
    await stream.close()
    first = await (await opened(redis)).take_counts()
    assert first is not None
    await append(RedisStream(StreamSettings(shards=1), redis), make_envelope, 2)

    restarted = await opened(redis)
    again = await restarted.take_counts()

    assert again == first
    assert first.received == {("acme", "shop"): 4}
    assert {(each.outcome, each.reason, each.segments) for each in first.counts} == {
        (Outcome.FILTERED, "duplicate", 1),
        (Outcome.INVALID, "a/b", 1),
    }
    await restarted.confirm_counts(first)
    await restarted.confirm_counts(first)
    second = await restarted.take_counts()
    assert second is not None
    assert second.received == {("acme", "shop"): 1}
    assert second.drain_id != first.drain_id


async def test_confirming_an_old_drain_forgets_no_newer_one(
    stream: RedisStream, redis: Redis, make_envelope: Make
) -> None:
    shard = await opened(redis)
    await append(stream, make_envelope, 0)
    old = await shard.take_counts()
    assert old is not None
    await shard.confirm_counts(old)
    await append(stream, make_envelope, 1)
    new = await shard.take_counts()

    await shard.confirm_counts(old)

    assert await shard.take_counts() == new


async def test_nothing_to_count_is_no_drain(redis: Redis) -> None:
    assert await (await opened(redis)).take_counts() is None


async def test_a_generation_lasts_as_long_as_the_stream(redis: Redis) -> None:
    shard = RedisShard(redis, shard=0, consumer="processor-0")
    first = await shard.open()

    again = await RedisShard(redis, shard=0, consumer="another").open()
    await redis.flushall()

    assert again == first
    assert await shard.open() != first


async def test_the_lag_is_what_is_not_acknowledged(
    stream: RedisStream, redis: Redis, make_envelope: Make, gauge: RedisGauge
) -> None:
    assert await gauge.lag() == 0
    await append(stream, make_envelope, *range(5))
    assert await gauge.lag() == 5
    shard = await opened(redis)
    entries = await read(shard, 3)
    assert await gauge.lag() == 5

    await shard.acknowledge(entries[:2])

    assert await gauge.lag() == 3


async def test_the_lag_is_known_where_redis_cannot_tell_it(
    stream: RedisStream, redis: Redis, make_envelope: Make, gauge: RedisGauge
) -> None:
    await append(stream, make_envelope, *range(5))
    shard = await opened(redis)
    entries = await read(shard, 2)
    unread = (await redis.xrange(segments_key(0)))[3]
    await redis.xdel(segments_key(0), unread[0])
    (group,) = await redis.xinfo_groups(segments_key(0))
    assert group["lag"] is None

    assert await gauge.lag() == 4

    await shard.acknowledge(entries)
    assert await gauge.lag() == 2


def test_the_shard_of_a_session_never_changes(make_envelope: Make) -> None:
    session = make_envelope().session

    shards = [shard_of(replace(session, session_id=f"s{number}"), 8) for number in range(6)]

    assert shards == [5, 3, 1, 7, 4, 2]
