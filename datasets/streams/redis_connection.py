"""How TraceFlow talks to Redis: settings, client, names of keys, one translation of errors."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from traceflow.models.errors import StreamUnavailable
from traceflow.models.session.key import SessionKey

GROUP = "processors"
DEAD = "tf:dead"
# How long a blocking read waits for something to come: under the shortest timeout of an answer.
WAIT_MS = 500


class StreamSettings(BaseModel):
    """Where the streams are and how many shards they have.

    ``shards`` may be raised only on an empty stream: a session's shard is a hash modulo it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    shards: int = Field(default=2, ge=1, le=1024)
    # Not under 1 s: a blocking read waits for half of that before it answers that there is nothing.
    timeout_s: float = Field(default=5.0, ge=1)
    seen_for_s: int = Field(default=48 * 3600, gt=0)


def connect(settings: StreamSettings) -> Redis:
    """Build a client that fails fast: who calls decides whether to try again.

    redis-py's own retries (3.5 s on a closed port) would hold an ingest request that the SDK repeats anyway.
    """
    return Redis.from_url(
        settings.url.get_secret_value(),
        socket_timeout=settings.timeout_s,
        socket_connect_timeout=2.0,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def shard_of(session: SessionKey, shards: int) -> int:
    """Return the shard of a session, 0 to shards - 1; every process must agree on it for ever."""
    name = f"{session.tenant_id}/{session.project_id}/{session.session_id}"
    return zlib.crc32(name.encode()) % shards


def segments_key(shard: int) -> str:
    """Name the stream of a shard; the braces keep its keys in one cluster slot."""
    return f"tf:{{{shard}}}:segments"


def shard_key(shard: int, name: str) -> str:
    """Name another key of the same shard."""
    return f"tf:{{{shard}}}:{name}"


def script_text(name: str) -> str:
    """Read a Lua script that stands beside this module."""
    return files("traceflow.datasets.streams").joinpath(name).read_text()


@contextmanager
def redis_errors() -> Iterator[None]:
    """Translate what redis-py raises."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise StreamUnavailable("Redis did not confirm", retry_after_s=1) from error
