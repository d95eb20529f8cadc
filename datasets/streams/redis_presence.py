"""Which component runs where: each process says so every few seconds, and is forgotten when it stops."""

import asyncio
import os
import time
from dataclasses import dataclass

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from traceflow.datasets.streams.redis_connection import redis_errors

BEAT_S = 2.0
_FORGOTTEN_AFTER_S = 10
_PREFIX = "tf:presence:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A running process of a component."""

    component: str
    pid: int
    host: str
    version: str
    seen_at_s: float


class RedisPresence:
    """Announces this process and lists all."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def announce(self, component: str, *, version: str) -> None:
        """Say for ever that this process runs the component; cancel to stop."""
        pid, host = os.getpid(), os.uname().nodename
        key = f"{_PREFIX}{component}:{host}:{pid}"
        while True:
            fields = {"component": component, "pid": pid, "host": host, "version": version, "at": time.time()}
            try:
                await self._redis.set(key, msgspec.json.encode(fields), ex=_FORGOTTEN_AFTER_S)
            except (RedisError, OSError, TimeoutError):
                # Presence is news, not a promise: the next beat says it again.
                await asyncio.sleep(0)
            await asyncio.sleep(BEAT_S)

    async def present(self) -> list[Presence]:
        """Return what runs, as of a few seconds ago."""
        with redis_errors():
            keys = [key async for key in self._redis.scan_iter(match=f"{_PREFIX}*", count=500)]
            values = await self._redis.mget(keys) if keys else []
        return sorted(
            (_presence(value) for value in values if value is not None),
            key=lambda presence: (presence.component, -presence.seen_at_s),
        )


def _presence(content: bytes | str) -> Presence:
    fields = msgspec.json.decode(content)
    return Presence(
        component=fields["component"],
        pid=fields["pid"],
        host=fields["host"],
        version=fields["version"],
        seen_at_s=fields["at"],
    )
