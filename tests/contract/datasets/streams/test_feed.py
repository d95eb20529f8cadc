import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from traceflow.datasets.streams.memory_feed import MemoryFeed
from traceflow.datasets.streams.redis_feed import RedisFeed
from traceflow.models.ports import Feed, Notice
from traceflow.models.session.key import SessionKey


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.integration)])
async def feed(request: pytest.FixtureRequest) -> AsyncIterator[Feed]:
    if request.param == "memory":
        yield MemoryFeed()
        return
    settings = request.getfixturevalue("stream_settings")
    async with Redis.from_url(settings.url.get_secret_value()) as redis:
        await redis.flushall()
        yield RedisFeed(redis)


def notice(session_id: str = "s1", *, project_id: str = "shop") -> Notice:
    session = SessionKey(tenant_id="acme", project_id=project_id, session_id=session_id)
    return Notice(kind="session", session=session, fields={"state": "open", "events": 3, "score": 1.5})


async def take(feed: Feed, number: int, *, after: str | None) -> list[tuple[str, Notice]]:
    found = []
    async with asyncio.timeout(5):
        async for each in feed.listen(tenant_id="acme", project_id="shop", after=after):
            found.append(each)
            if len(found) == number:
                break
    return found


async def test_a_listener_gets_what_is_published_from_now_on(feed: Feed) -> None:
    await feed.publish([notice("before")])
    listening = asyncio.create_task(take(feed, 2, after=None))
    await asyncio.sleep(0.1)

    await feed.publish([notice("s1"), notice("s2")])

    assert [each for _, each in await listening] == [notice("s1"), notice("s2")]


async def test_a_listener_goes_on_after_its_last_position(feed: Feed) -> None:
    await feed.publish([notice("s1"), notice("s2"), notice("s3")])
    first = await take(feed, 1, after="0-0")

    rest = await take(feed, 2, after=first[0][0])

    assert [each.session.session_id for _, each in rest] == ["s2", "s3"]


async def test_another_projects_notices_are_not_told(feed: Feed) -> None:
    await feed.publish([notice("s1", project_id="other"), notice("s2")])

    assert [each for _, each in await take(feed, 1, after="0-0")] == [notice("s2")]


async def test_every_listener_gets_every_notice(feed: Feed) -> None:
    listening = [asyncio.create_task(take(feed, 1, after=None)) for _ in range(3)]
    await asyncio.sleep(0.1)

    await feed.publish([notice()])

    assert [found[0][1] for found in await asyncio.gather(*listening)] == [notice()] * 3
