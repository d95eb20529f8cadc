import asyncio
import contextlib
import os
from typing import Any

import pytest
from redis.asyncio import Redis

from traceflow.datasets.streams.redis_connection import connect
from traceflow.datasets.streams.redis_presence import RedisPresence
from traceflow.models.presence import Presence

pytestmark = pytest.mark.integration


async def announce_once(redis: Redis, component: str) -> None:
    announcing = asyncio.create_task(RedisPresence(redis).announce(component, version="1.2"))
    await asyncio.sleep(0.1)
    announcing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await announcing


async def test_a_component_that_announces_itself_is_present(redis: Redis) -> None:
    await announce_once(redis, "ingest")
    await announce_once(redis, "api")

    found = await RedisPresence(redis).present()

    assert [(each.component, each.pid, each.version) for each in found] == [
        ("api", os.getpid(), "1.2"),
        ("ingest", os.getpid(), "1.2"),
    ]


async def test_who_was_silent_for_long_is_forgotten(redis: Redis) -> None:
    await announce_once(redis, "ingest")
    (field,) = await redis.hkeys("tf:presence")
    content = (await redis.hget("tf:presence", field)).replace(b'"seen_at_s":', b'"seen_at_s":0,"was":')
    await redis.hset("tf:presence", "ingest:gone:1", content)

    present = await RedisPresence(redis).present()
    await announce_once(redis, "api")

    assert [each.component for each in present] == ["ingest"]
    assert await redis.hexists("tf:presence", "ingest:gone:1") == 0


async def test_it_goes_on_after_redis_was_away(own_redis_server: Any) -> None:
    redis = connect(own_redis_server.settings)
    own_redis_server.kill()
    announcing = asyncio.create_task(RedisPresence(redis).announce("ingest", version="1.2"))
    await asyncio.sleep(0.2)
    own_redis_server.start()

    found: list[Presence] = []
    async with asyncio.timeout(5):
        while not found:
            found = await RedisPresence(redis).present()
            await asyncio.sleep(0.1)

    announcing.cancel()
    await asyncio.gather(announcing, return_exceptions=True)
    await redis.aclose()
    assert [each.component for each in found] == ["ingest"]
