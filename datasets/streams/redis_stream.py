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
from traceflow.datasets.streams.redis_exchange import Command, exchange
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
# Appends try at once and fail fast; counts nobody waits for.
_COUNTS_AGAIN_S = 1.0


@dataclass(slots=True)
class _Waiting:
    """An append on its way: the script's keys and arguments, and who waits for it."""

    keys_and_args: tuple[bytes | str, ...]
    confirmed: "asyncio.Future[bytes]"
    is_repeated: bool = False


class RedisStream:
    """The port SegmentStream on Redis."""

    def __init__(self, settings: StreamSettings, redis: Redis) -> None:
        self._settings = settings
        self._redis = redis
        self._script = script_text("append.lua")
        self._script_sha = ""
        self._waiting: list[_Waiting] = []
        self._counts: Counter[tuple[int, str]] = Counter()
        self._counts_again: asyncio.TimerHandle | None = None
        self._is_closing = False
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
        """Wait for the flushes under way; counts that Redis does not take now are lost."""
        self._is_closing = True
        if self._counts_again is not None:
            self._counts_again.cancel()
            self._retry_counts()
        while self._flushes:
            await asyncio.wait(self._flushes)

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
            str(len(envelope.events)),
            entry,
        )

    def _start_flush(self) -> None:
        has_counts = bool(self._counts) and self._counts_again is None
        if (self._waiting or has_counts) and len(self._flushes) < _FLUSHES_UNDER_WAY:
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
            await self._send(group, counts)
        except (RedisError, OSError, TimeoutError) as error:
            _fail(group, error)
        finally:
            # Whatever ended it, nobody waits for ever; an answer that is here already stays.
            _fail(group, ConnectionError("the flush ended without an answer"))
            self._keep(counts)

    async def _send(self, group: list[_Waiting], counts: Counter[tuple[int, str]]) -> None:
        """Send and settle; what Redis has counted is taken off ``counts``."""
        counted = list(counts.items())
        answers = await self._execute(group, counted)
        for (name, _), answer in zip(counted, answers[len(group) :], strict=True):
            if not isinstance(answer, Exception):
                del counts[name]
        unknown: list[_Waiting] = []
        for waiting, answer in zip(group, answers[: len(group)], strict=True):
            if isinstance(answer, NoScriptError) and not waiting.is_repeated:
                waiting.is_repeated = True
                unknown.append(waiting)
                continue
            _settle(waiting, answer)
        if unknown:
            # A Redis that restarted has forgotten the script: these, and only these, were not run.
            self._script_sha = ""
            await self._send(unknown, Counter())

    async def _execute(
        self, group: list[_Waiting], counted: list[tuple[tuple[int, str], int]]
    ) -> list[bytes | Exception]:
        if not self._script_sha:
            self._script_sha = await self._redis.script_load(self._script)
        appends: list[Command] = [
            ("EVALSHA", self._script_sha, 4, *waiting.keys_and_args) for waiting in group
        ]
        increments: list[Command] = [
            ("HINCRBY", shard_key(shard, "ledger"), field, segments) for (shard, field), segments in counted
        ]
        return await exchange(self._redis, appends + increments, timeout_s=self._settings.timeout_s)

    def _keep(self, counts: Counter[tuple[int, str]]) -> None:
        """Keep what Redis did not take for a later flush.

        Where the answer alone was lost it is counted twice: of segments that were refused, and of none else.
        """
        if not counts or self._is_closing:
            return
        self._counts.update(counts)
        if self._counts_again is None:
            self._counts_again = asyncio.get_running_loop().call_later(_COUNTS_AGAIN_S, self._retry_counts)

    def _retry_counts(self) -> None:
        self._counts_again = None
        self._start_flush()


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
