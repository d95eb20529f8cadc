import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import pytest
from redis.asyncio import Redis

from traceflow.datasets.streams.memory_stream import MemoryStream
from traceflow.datasets.streams.redis_connection import StreamSettings, segments_key, shard_key
from traceflow.datasets.streams.redis_stream import RedisStream
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import SegmentConflict
from traceflow.models.outcome import Count, Outcome
from traceflow.models.ports import SegmentStream
from traceflow.models.wire.stream_entry import decode_entry

Make = Callable[..., Envelope]


class Subject(Protocol):
    """A stream, and what a reader finds in it."""

    stream: SegmentStream

    async def entries(self) -> list[Envelope]: ...
    async def counts(self) -> dict[str, int]: ...


class MemorySubject:
    def __init__(self) -> None:
        self.stream = MemoryStream()

    async def entries(self) -> list[Envelope]:
        return self.stream.entries

    async def counts(self) -> dict[str, int]:
        return {
            f"{outcome}/{reason}": segments
            for (_, _, outcome, reason), segments in self.stream.counts.items()
        }


class RedisSubject:
    def __init__(self, settings: StreamSettings, redis: Redis) -> None:
        self.stream = RedisStream(settings, redis)
        self._settings = settings
        self._redis = redis

    async def entries(self) -> list[Envelope]:
        found = []
        for shard in range(self._settings.shards):
            for _, fields in await self._redis.xrange(segments_key(shard)):
                found.append(decode_entry(fields[b"e"]))
        return found

    async def counts(self) -> dict[str, int]:
        await self.stream.close()
        found: dict[str, int] = {}
        for shard in range(self._settings.shards):
            for field, segments in (await self._redis.hgetall(shard_key(shard, "ledger"))).items():
                name = field.decode().split("/", 2)[2]
                if not name.startswith("received"):
                    found[name] = found.get(name, 0) + int(segments)
        return found


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.integration)])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        yield MemorySubject()
        return
    settings = request.getfixturevalue("stream_settings")
    async with Redis.from_url(settings.url.get_secret_value()) as redis:
        await redis.flushall()
        yield RedisSubject(settings, redis)


async def test_what_was_appended_is_what_a_reader_finds(subject: Subject, make_envelope: Make) -> None:
    envelope = make_envelope(
        3,
        events=b'[{"type":3,"timestamp":1,"d":"\\ud800 \xc3\xa4"}]',
        is_final=True,
        visitor=b'{"anonymous_id":"a"}',
        masked={"EMAIL": 2},
    )

    appended = await subject.stream.append(envelope)

    assert not appended.is_duplicate
    assert await subject.entries() == [envelope]


async def test_the_same_segment_again_is_a_duplicate_and_counted(
    subject: Subject, make_envelope: Make
) -> None:
    await subject.stream.append(make_envelope())

    again = await subject.stream.append(make_envelope(sent_at_ms=9))

    assert again.is_duplicate
    assert await subject.entries() == [make_envelope()]
    assert await subject.counts() == {"filtered/duplicate": 1}


async def test_other_events_under_the_same_number_are_a_conflict(
    subject: Subject, make_envelope: Make
) -> None:
    await subject.stream.append(make_envelope())

    with pytest.raises(SegmentConflict):
        await subject.stream.append(make_envelope(content_hash=b"other bytes here"))

    assert await subject.entries() == [make_envelope()]
    assert await subject.counts() == {"invalid/conflict": 1}


@pytest.mark.parametrize(
    "other", [{"window_id": "w2"}, {"segment_id": 1}, {"session_id": "s2"}, {"tenant_id": "other"}]
)
async def test_tenants_sessions_windows_and_segments_are_told_apart(
    subject: Subject, make_envelope: Make, other: dict[str, Any]
) -> None:
    await subject.stream.append(make_envelope())

    appended = await subject.stream.append(make_envelope(**other, content_hash=b"other bytes here"))

    assert not appended.is_duplicate
    assert len(await subject.entries()) == 2


async def test_of_the_same_segment_sent_at_once_one_is_appended(
    subject: Subject, make_envelope: Make
) -> None:
    appended = await asyncio.gather(*(subject.stream.append(make_envelope()) for _ in range(50)))

    assert sorted(each.is_duplicate for each in appended) == [False] + [True] * 49
    assert len(await subject.entries()) == 1


async def test_concurrent_appends_are_all_kept(subject: Subject, make_envelope: Make) -> None:
    wanted = [make_envelope(number, session_id=f"s{number % 7}") for number in range(600)]

    await asyncio.gather(*map(subject.stream.append, wanted))

    found = await subject.entries()
    assert len(found) == 600
    assert {(each.session, each.segment_id) for each in found} == {
        (each.session, each.segment_id) for each in wanted
    }


async def test_counts_add_up(subject: Subject) -> None:
    for reason in ("too_large", "too_large", ""):
        subject.stream.count(
            Count(tenant_id="acme", project_id="shop", outcome=Outcome.INVALID, reason=reason, segments=3)
        )

    assert await subject.counts() == {"invalid/too_large": 6, "invalid/": 3}
