"""What the streams hold right now: for status, metrics and the ledger's in-flight figure."""

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from traceflow.datasets.streams.redis_connection import (
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

    async def _shard_lag(self, shard: int) -> int:
        # Not XLEN: what is acknowledged stays for as long as something older is pending.
        key = segments_key(shard)
        try:
            groups = await self._redis.xinfo_groups(key)
        except ResponseError:
            return 0
        for group in groups:
            if text(group["name"]) == GROUP:
                pending, unread = int(group["pending"]), group.get("lag")
                if unread is not None:
                    return pending + int(unread)
                # Redis 6.2 tells no lag, and 7 none after some deletions. Reading what lies there to count
                # it could be gigabytes; this is over by what is acknowledged behind something pending.
                return max(pending, int(await self._redis.xlen(key)))
        return int(await self._redis.xlen(key))
