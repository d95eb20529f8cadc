"""Hop 4. The durable buffer on Redis Streams: fsynced before it is answered, in groups.

Segments that arrive while a flush is under way go out together with the next one, so that one
pipeline and one fsync serve them all (group commit).
"""

import asyncio
from collections import Counter
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from traceflow.datasets.streams.redis_connection import (
    StreamSettings,
    script_text,
    segments_key,
    shard_key,
    shard_of,
)
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import SegmentConflict, StreamUnavailable
from traceflow.models.outcome import Count
from traceflow.models.ports import Appended
from traceflow.models.wire.stream_entry import encode_entry

# Two under way: 8.1k instead of 6.2-7.5k durable segments/s at 16 connections (research, 1.6).
_FLUSHES_UNDER_WAY = 2
_FLUSH_AT_MOST = 256
# zstd and msgpack over more than this would hold the event loop for longer than a thread costs.
_ENCODE_INLINE_BYTES = 256 * 1024


@dataclass(slots=True)
class _Waiting:
    """An append on its way: the script's keys and arguments, and who waits for it."""

    keys_and_args: tuple[bytes | str, ...]
    confirmed: "asyncio.Future[bytes]"


class RedisStream:
    """The port SegmentStream on Redis."""

    def __init__(self, settings: StreamSettings, redis: Redis) -> None:
        self._settings = settings
        self._redis = redis
        self._script = script_text("append.lua")
        self._script_sha = ""
        self._waiting: list[_Waiting] = []
        self._counts: Counter[tuple[int, str]] = Counter()
        self._flushes: set[asyncio.Task[None]] = set()

    async def append(self, envelope: Envelope) -> Appended:
        """Return once the envelope is fsynced; see the port."""
        waiting = _Waiting(await self._arguments(envelope), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._start_flush()
        answer = await waiting.confirmed
        if answer == b"conflict":
            raise SegmentConflict("this segment_id was accepted before with other events", path="segment_id")
        return Appended(is_duplicate=answer == b"duplicate")

    def count(self, count: Count) -> None:
        """Note an outcome; it goes out with the next flush."""
        project = f"{count.tenant_id}/{count.project_id}"
        self._counts[(0, f"{project}/received/")] += count.segments
        self._counts[(0, f"{project}/{count.outcome}/{count.reason}")] += count.segments
        self._start_flush()

    async def close(self) -> None:
        """Wait for the flushes under way."""
        while self._flushes:
            await asyncio.gather(*self._flushes)

    async def _arguments(self, envelope: Envelope) -> tuple[bytes | str, ...]:
        session = envelope.session
        shard = shard_of(session, self._settings.shards)
        project = f"{session.tenant_id}/{session.project_id}"
        segment = f"{project}/{session.session_id}/{envelope.window_id}/{envelope.segment_id}"
        if len(envelope.events) > _ENCODE_INLINE_BYTES:
            entry = await asyncio.to_thread(encode_entry, envelope)
        else:
            entry = encode_entry(envelope)
        return (
            segments_key(shard),
            shard_key(shard, f"seen:{segment}"),
            shard_key(shard, "ledger"),
            shard_key(shard, "in_flight"),
            envelope.content_hash,
            str(self._settings.seen_for_s),
            project,
            entry,
        )

    def _start_flush(self) -> None:
        if (self._waiting or self._counts) and len(self._flushes) < _FLUSHES_UNDER_WAY:
            flush = asyncio.get_running_loop().create_task(self._flush())
            self._flushes.add(flush)
            flush.add_done_callback(self._flush_ended)

    def _flush_ended(self, flush: "asyncio.Task[None]") -> None:
        self._flushes.discard(flush)
        if not flush.cancelled():
            self._start_flush()

    async def _flush(self) -> None:
        group, self._waiting = self._waiting[:_FLUSH_AT_MOST], self._waiting[_FLUSH_AT_MOST:]
        counts, self._counts = self._counts, Counter()
        try:
            answers = await self._send(group, counts)
        except (RedisError, OSError, TimeoutError) as error:
            # Counts are kept for later and may, where the answer alone was lost, be counted twice.
            self._counts.update(counts)
            _fail(group, error)
            if counts:
                await asyncio.sleep(1.0)
            return
        except asyncio.CancelledError:
            _fail(group, ConnectionError("the process is stopping"))
            raise
        for waiting, answer in zip(group, answers, strict=True):
            _settle(waiting, answer)

    async def _send(self, group: list[_Waiting], counts: Counter[tuple[int, str]]) -> list[bytes | Exception]:
        if not self._script_sha:
            self._script_sha = await self._redis.script_load(self._script)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for waiting in group:
                pipeline.evalsha(self._script_sha, 4, *waiting.keys_and_args)
            for (shard, field), segments in counts.items():
                pipeline.hincrby(shard_key(shard, "ledger"), field, segments)
            answers = await pipeline.execute(raise_on_error=False)
        if any(isinstance(answer, NoScriptError) for answer in answers[: len(group)]):
            # A Redis that restarted has forgotten the script; nothing of this group was run.
            self._script_sha = ""
            return await self._send(group, Counter())
        return list(answers[: len(group)])


def _settle(waiting: _Waiting, answer: bytes | Exception) -> None:
    if waiting.confirmed.done():
        return
    if isinstance(answer, Exception):
        unavailable = StreamUnavailable("Redis did not confirm", retry_after_s=1)
        unavailable.__cause__ = answer
        waiting.confirmed.set_exception(unavailable)
        return
    waiting.confirmed.set_result(answer)


def _fail(group: list[_Waiting], error: Exception) -> None:
    for waiting in group:
        _settle(waiting, error)
