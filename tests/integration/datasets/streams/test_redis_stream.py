import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from traceflow.datasets.streams.redis_connection import StreamSettings, connect, segments_key, shard_key
from traceflow.datasets.streams.redis_stream import RedisStream
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import StreamUnavailable
from traceflow.models.outcome import Count, Outcome

pytestmark = pytest.mark.integration

Make = Callable[..., Envelope]
REFUSED = Count(tenant_id="acme", project_id="shop", outcome=Outcome.INVALID, reason="too_large")


@pytest.fixture
async def own_redis(own_redis_server: Any) -> AsyncIterator[Redis]:
    client = connect(own_redis_server.settings)
    yield client
    await client.aclose()


@pytest.fixture
def own_stream(own_redis_server: Any, own_redis: Redis) -> RedisStream:
    return RedisStream(own_redis_server.settings, own_redis)


async def ledger_of(redis: Redis) -> dict[str, int]:
    found: dict[str, int] = {}
    for shard in (0, 1):
        for field, segments in (await redis.hgetall(shard_key(shard, "ledger"))).items():
            found[field.decode()] = found.get(field.decode(), 0) + int(segments)
    return found


async def length_of(redis: Redis) -> int:
    return int(await redis.xlen(segments_key(0))) + int(await redis.xlen(segments_key(1)))


async def append_until_taken(stream: RedisStream, envelope: Envelope) -> bool:
    async with asyncio.timeout(10):
        while True:
            try:
                return (await stream.append(envelope)).is_duplicate
            except StreamUnavailable:
                await asyncio.sleep(0.05)


async def test_appends_that_come_together_share_pipelines(
    stream_settings: StreamSettings, redis: Redis, make_envelope: Make
) -> None:
    stream = RedisStream(stream_settings, redis)
    await stream.append(make_envelope(999))
    reads_before = (await redis.info("stats"))["total_reads_processed"]

    await asyncio.gather(*(stream.append(make_envelope(number)) for number in range(500)))

    reads = (await redis.info("stats"))["total_reads_processed"] - reads_before
    assert await length_of(redis) == 501
    # One read of a socket takes up to 16 KB of a pipeline; 500 round trips would be 500 reads.
    assert reads < 50


async def test_a_segment_counts_as_received_and_in_flight(
    stream_settings: StreamSettings, redis: Redis, make_envelope: Make
) -> None:
    stream = RedisStream(stream_settings, redis)
    for number in (0, 0, 1):
        await stream.append(make_envelope(number))
    stream.count(REFUSED)
    await stream.close()

    ledger = await ledger_of(redis)

    assert ledger == {
        "acme/shop/received/": 4,
        "acme/shop/filtered/duplicate": 1,
        "acme/shop/invalid/too_large": 1,
    }
    flying = [int(await redis.hget(shard_key(shard, "in_flight"), "acme/shop") or 0) for shard in (0, 1)]
    assert sum(flying) == 2


async def test_what_is_seen_is_forgotten_after_two_days(
    stream_settings: StreamSettings, redis: Redis, make_envelope: Make
) -> None:
    await RedisStream(stream_settings, redis).append(make_envelope())

    (seen,) = await redis.keys("tf:*:seen:*")

    assert 48 * 3600 - 60 < await redis.ttl(seen) <= 48 * 3600


async def test_a_script_that_redis_forgot_is_loaded_again_and_nothing_is_doubled(
    stream_settings: StreamSettings, redis: Redis, make_envelope: Make
) -> None:
    stream = RedisStream(stream_settings, redis)
    await stream.append(make_envelope(0))
    stream.count(REFUSED)
    await redis.script_flush()

    appended = await asyncio.gather(*(stream.append(make_envelope(number)) for number in range(1, 40)))

    await stream.close()
    assert not any(each.is_duplicate for each in appended)
    assert await length_of(redis) == 40
    assert await ledger_of(redis) == {"acme/shop/received/": 41, "acme/shop/invalid/too_large": 1}


async def test_after_a_kill_what_was_confirmed_is_there_and_appends_go_on(
    own_redis_server: Any, own_stream: RedisStream, own_redis: Redis, make_envelope: Make
) -> None:
    await asyncio.gather(*(own_stream.append(make_envelope(number)) for number in range(100)))
    own_redis_server.kill()
    own_redis_server.start()

    answers = await asyncio.gather(
        *(append_until_taken(own_stream, make_envelope(number)) for number in range(200))
    )

    assert answers == [True] * 100 + [False] * 100
    assert await length_of(own_redis) == 200


async def test_while_redis_is_down_appends_fail_at_once_and_counts_are_kept(
    own_redis_server: Any, own_stream: RedisStream, own_redis: Redis, make_envelope: Make
) -> None:
    await own_stream.append(make_envelope(0))
    own_redis_server.kill()
    own_stream.count(REFUSED)
    await asyncio.sleep(0.1)
    started = time.monotonic()

    for number in range(1, 20):
        with pytest.raises(StreamUnavailable) as raised:
            await own_stream.append(make_envelope(number))
        own_stream.count(REFUSED)

    assert time.monotonic() - started < 1
    assert raised.value.context["retry_after_s"] == 1
    own_redis_server.start()
    async with asyncio.timeout(5):
        while (await ledger_of(own_redis)).get("acme/shop/invalid/too_large") != 20:  # noqa: ASYNC110 - what is outside cannot set an event
            await asyncio.sleep(0.05)
    assert (await ledger_of(own_redis))["acme/shop/received/"] == 21


async def test_a_redis_that_is_down_is_not_asked_in_a_busy_loop(
    own_redis_server: Any, own_stream: RedisStream
) -> None:
    own_redis_server.kill()
    own_stream.count(REFUSED)

    before = time.process_time()
    await asyncio.sleep(1.5)

    assert time.process_time() - before < 0.1


async def test_a_closing_stream_does_not_wait_for_a_redis_that_is_down(
    own_redis_server: Any, own_stream: RedisStream
) -> None:
    own_redis_server.kill()
    own_stream.count(REFUSED)
    await asyncio.sleep(0.05)

    async with asyncio.timeout(3):
        await own_stream.close()


async def test_a_redis_that_hangs_is_unavailable_within_its_timeout(
    own_redis_server: Any, own_stream: RedisStream, make_envelope: Make
) -> None:
    await own_stream.append(make_envelope(0))
    own_redis_server.freeze()
    started = time.monotonic()

    with pytest.raises(StreamUnavailable):
        await own_stream.append(make_envelope(1))

    waited_s = time.monotonic() - started
    own_redis_server.thaw()
    assert 1.5 < waited_s < 3
    assert await append_until_taken(own_stream, make_envelope(1)) in {True, False}
    assert await append_until_taken(own_stream, make_envelope(1))


async def test_a_full_redis_refuses_and_evicts_nothing(
    own_stream: RedisStream, own_redis: Redis, make_envelope: Make
) -> None:
    await own_stream.append(make_envelope(0))
    await own_redis.config_set("maxmemory", "1mb")
    own_stream.count(REFUSED)

    with pytest.raises(StreamUnavailable):
        await own_stream.append(make_envelope(1))

    assert await length_of(own_redis) == 1
    assert await ledger_of(own_redis) == {"acme/shop/received/": 1}
    await own_redis.config_set("maxmemory", "0")
    assert not await append_until_taken(own_stream, make_envelope(1))
    async with asyncio.timeout(5):
        while len(await ledger_of(own_redis)) < 2:  # noqa: ASYNC110 - what is outside cannot set an event
            await asyncio.sleep(0.05)
    assert await ledger_of(own_redis) == {"acme/shop/received/": 3, "acme/shop/invalid/too_large": 1}


async def test_who_stops_waiting_disturbs_nobody(
    stream_settings: StreamSettings, redis: Redis, make_envelope: Make
) -> None:
    stream = RedisStream(stream_settings, redis)
    appends = [asyncio.create_task(stream.append(make_envelope(number))) for number in range(100)]
    await asyncio.sleep(0)

    for append in appends[::3]:
        append.cancel()
    answers = await asyncio.gather(*appends, return_exceptions=True)

    kept = [each for number, each in enumerate(answers) if number % 3]
    assert all(not isinstance(each, BaseException) and not each.is_duplicate for each in kept)
    assert await append_until_taken(stream, make_envelope(1))


async def test_a_large_segment_is_appended_whole(
    stream_settings: StreamSettings, redis: Redis, make_envelope: Make
) -> None:
    stream = RedisStream(stream_settings, redis)
    events = b"[%b]" % b",".join(
        b'{"type":3,"timestamp":%d,"d":"%d"}' % (n, n * 7919) for n in range(100_000)
    )

    await stream.append(make_envelope(0, events=events))

    assert await length_of(redis) == 1
