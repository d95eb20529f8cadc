"""The port Feed on Redis: a short stream of notices per project, resumable by position."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from traceflow.datasets.streams.redis_connection import WAIT_MS, redis_errors
from traceflow.datasets.streams.redis_replies import stream_entries
from traceflow.models.ports import Notice
from traceflow.models.session.key import SessionKey

log = structlog.get_logger()

# Notices tell a listener to look; who was away for longer reads the API instead.
_KEPT = 1000


class RedisFeed:
    """Publishes and listens; see the port."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def publish(self, notices: Sequence[Notice]) -> None:
        """Hand the notices on; see the port."""
        by_feed: dict[str, list[Notice]] = defaultdict(list)
        for notice in notices:
            by_feed[_feed_key(notice.session.tenant_id, notice.session.project_id)].append(notice)
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for key, group in by_feed.items():
                    for notice in group:
                        pipeline.xadd(key, {"n": _encode(notice)}, maxlen=_KEPT, approximate=True)
                await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("feed_publish_failed", notices=len(notices), error=type(error).__name__)

    async def listen(
        self, *, tenant_id: str, project_id: str, after: str | None
    ) -> AsyncIterator[tuple[str, Notice]]:
        """Yield notices; see the port."""
        key = _feed_key(tenant_id, project_id)
        position = after or "$"
        while True:
            with redis_errors():
                if position == "$":
                    position = await self._last_position(key)
                entries = await self._after(key, position)
                if not entries:
                    await self._redis.xread({key: position}, count=1, block=WAIT_MS)
            for entry_id, fields in entries:
                position = entry_id
                yield position, _decode(fields[b"n"], tenant_id=tenant_id, project_id=project_id)

    async def _last_position(self, key: str) -> str:
        last = stream_entries(await self._redis.xrevrange(key, count=1))
        return last[0][0] if last else "0-0"

    async def _after(self, key: str, position: str) -> list[tuple[str, dict[bytes, bytes]]]:
        return stream_entries(await self._redis.xrange(key, min=f"({position}", count=100))


def _feed_key(tenant_id: str, project_id: str) -> str:
    return f"tf:feed:{tenant_id}/{project_id}"


def _encode(notice: Notice) -> bytes:
    return msgspec.json.encode(
        {"kind": notice.kind, "session_id": notice.session.session_id, "fields": dict(notice.fields)}
    )


def _decode(content: bytes, *, tenant_id: str, project_id: str) -> Notice:
    document = msgspec.json.decode(content)
    session = SessionKey(tenant_id=tenant_id, project_id=project_id, session_id=document["session_id"])
    return Notice(kind=document["kind"], session=session, fields=document["fields"])
