"""Which component runs where: each process says so every few seconds, and is forgotten when it stops."""

import asyncio
import os
from collections.abc import Iterable

import msgspec
import structlog
from redis.asyncio import Redis

from traceflow.datasets.streams.redis_connection import redis_errors
from traceflow.models.errors import StreamUnavailable
from traceflow.models.presence import Presence

log = structlog.get_logger()

BEAT_S = 2.0
_FORGOTTEN_AFTER_S = 10.0
# One hash: finding keys by their prefix would walk over the millions that remember segments.
_KEY = "tf:presence"


class RedisPresence:
    """Announces this process and lists all."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def announce(self, component: str, *, version: str) -> None:
        """Say for ever that this process runs the component; cancel to stop."""
        while True:
            try:
                await self._say(component, version=version)
            except StreamUnavailable as error:
                # Presence is news, not a promise: the next beat says it again.
                log.info("presence_not_told", component=component, reason=error.code)
            await asyncio.sleep(BEAT_S)

    async def present(self) -> list[Presence]:
        """Return what runs, as of a few seconds ago."""
        with redis_errors():
            now_s = await self._now_s()
            values = await self._redis.hvals(_KEY)
        return sorted(
            _recent(map(_presence, values), now_s=now_s),
            key=lambda presence: (presence.component, -presence.seen_at_s),
        )

    async def _say(self, component: str, *, version: str) -> None:
        pid, host = os.getpid(), os.uname().nodename
        with redis_errors():
            now_s = await self._now_s()
            told = await self._redis.hgetall(_KEY)
            gone = [
                field
                for field, content in told.items()
                if not _is_recent(_presence(content).seen_at_s, now_s=now_s)
            ]
            if gone:
                await self._redis.hdel(_KEY, *gone)
            presence = Presence(component=component, pid=pid, host=host, version=version, seen_at_s=now_s)
            await self._redis.hset(_KEY, f"{component}:{host}:{pid}", msgspec.json.encode(presence))

    async def _now_s(self) -> float:
        # One clock for all hosts.
        seconds, microseconds = await self._redis.time()
        return float(seconds) + microseconds / 1e6


def _recent(presences: Iterable[Presence], *, now_s: float) -> Iterable[Presence]:
    return (each for each in presences if _is_recent(each.seen_at_s, now_s=now_s))


def _is_recent(seen_at_s: float, *, now_s: float) -> bool:
    return now_s - seen_at_s < _FORGOTTEN_AFTER_S


def _presence(content: bytes | str) -> Presence:
    return msgspec.json.decode(content, type=Presence)
