"""What the streams hold right now: for status, metrics and the ledger's in-flight figure."""

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from traceflow.datasets.streams.redis_connection import (
    DEAD,
    GROUP,
    StreamSettings,
    redis_errors,
    segments_key,
    shard_key,
)
from traceflow.datasets.streams.redis_replies import text


class RedisGauge:
    """Reads counts; changes nothing."""

    def __init__(self, settings: StreamSettings, redis: Redis) -> None:
        self._settings = settings
        self._redis = redis

    async def lag(self) -> int:
        """Return how many entries no processor has acknowledged yet."""
        with redis_errors():
            lags = [await self._shard_lag(shard) for shard in range(self._settings.shards)]
        return sum(lags)

    async def in_flight(self, *, tenant_id: str, project_id: str) -> int:
        """Return how many segments of a project were accepted and have no outcome yet."""
        with redis_errors():
            counts = [
                await self._redis.hget(shard_key(shard, "in_flight"), f"{tenant_id}/{project_id}")
                for shard in range(self._settings.shards)
            ]
        return sum(int(count or 0) for count in counts)

    async def dead_letters(self) -> int:
        """Return how many dead letters lie there."""
        with redis_errors():
            return int(await self._redis.xlen(DEAD))

    async def _shard_lag(self, shard: int) -> int:
        # Not XLEN: an acknowledged entry stays until the next trim has passed it.
        try:
            groups = await self._redis.xinfo_groups(segments_key(shard))
        except ResponseError:
            return 0
        for group in groups:
            name = group["name"]
            if name in (GROUP, GROUP.encode()):
                return int(group["pending"]) + await self._unread(shard, group)
        return int(await self._redis.xlen(segments_key(shard)))

    async def _unread(self, shard: int, group: dict[str, Any]) -> int:
        lag = group.get("lag")
        if lag is not None:
            return int(lag)
        # Redis 6.2 reports no lag, and 7 none after some deletions: count what lies past the last one read.
        last_read = text(group["last-delivered-id"])
        return len(await self._redis.xrange(segments_key(shard), min=f"({last_read}") or ())
