"""Hop 5's side of a stream: one shard, read in order by the one process that owns it."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from traceflow.datasets.streams.redis_connection import (
    DEAD,
    GROUP,
    WAIT_MS,
    redis_errors,
    script_text,
    segments_key,
    shard_key,
)
from traceflow.datasets.streams.redis_replies import read_entries, script_entries, text
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import RecordCorrupt
from traceflow.models.outcome import Count, Outcome
from traceflow.models.wire.stream_entry import decode_entry

# Lua's stack holds some 8,000 values, and a script stops Redis while it runs.
_ACKNOWLEDGED_AT_ONCE = 500
# zstd and msgpack over more than this would hold the event loop for longer than a thread costs.
_DECODE_INLINE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardEntry:
    """An entry as the shard hands it out.

    ``project`` is ``tenant/project``, empty where a stranger wrote the entry; ``envelope`` is None where
    the bytes do not decode. ``content`` is the entry as it lies in Redis.
    """

    stream_id: str
    project: str
    content: bytes
    envelope: Envelope | None

    @property
    def size_bytes(self) -> int:
        """Return about what it holds of memory: the entry and its events unpacked."""
        return len(self.content) + (len(self.envelope.events) if self.envelope is not None else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountDrain:
    """Counts that ingest noted, set aside under an id until they are confirmed as stored."""

    drain_id: str
    received: Mapping[tuple[str, str], int]
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """Why an entry was given up."""

    reason: str
    attempts: int
    first_error: str
    last_error: str


class RedisShard:
    """One shard's stream, its consumer group and its counters.

    The consumer's name stays the same over restarts; ``claim`` makes what another consumer left its own.
    Two processes that work one shard at once lose nothing: what the other has in hand shows (``holds``).
    """

    def __init__(self, redis: Redis, *, shard: int, consumer: str) -> None:
        self.shard = shard
        self._redis = redis
        self._consumer = consumer
        self._stream = segments_key(shard)
        self._attempts = shard_key(shard, "attempts")
        self._acknowledge = redis.register_script(script_text("acknowledge.lua"))
        self._claim = redis.register_script(script_text("claim.lua"))
        self._read_new = redis.register_script(script_text("read.lua"))
        self._take_counts = redis.register_script(script_text("take_counts.lua"))
        self._confirm_counts = redis.register_script(script_text("confirm_counts.lua"))

    async def open(self) -> str:
        """Make the group if it is missing; return the stream's generation.

        A generation names one life of the stream: offsets of another life say nothing about this one.
        """
        with redis_errors():
            try:
                await self._redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
            key = shard_key(self.shard, "generation")
            await self._redis.set(key, uuid.uuid4().hex, nx=True)
            generation = await self._redis.get(key)
        return text(generation)

    async def claim(self) -> None:
        """Take over what any consumer was handed and has not acknowledged."""
        with redis_errors():
            await self._claim(keys=[self._stream], args=[GROUP, self._consumer])

    async def next_unacknowledged(self, *, after: str) -> ShardEntry | None:
        """Return the next entry after this id that was handed out before and never acknowledged."""
        with redis_errors():
            reply = await self._redis.xreadgroup(GROUP, self._consumer, {self._stream: after}, count=1)
        found = await _decoded(read_entries(reply))
        return found[0] if found else None

    async def read(self, *, count: int, bytes_at_most: int, block_ms: int) -> list[ShardEntry]:
        """Return new entries, waiting at most so long for the first.

        The bytes, of entries and of what they unpack to, are passed by one entry at most.
        """
        with redis_errors():
            reply = await self._read_new(
                keys=[self._stream], args=[GROUP, self._consumer, str(count), str(bytes_at_most)]
            )
            found = script_entries(reply)
            if not found:
                reply = await self._redis.xreadgroup(
                    GROUP, self._consumer, {self._stream: ">"}, count=1, block=min(block_ms, WAIT_MS)
                )
                found = read_entries(reply)
        return await _decoded(found)

    async def holds(self, entries: Sequence[ShardEntry]) -> bool:
        """Tell whether these are all that is pending up to the last of them.

        If not, another process was handed some or has acknowledged some: an offset at the last one would
        pass over segments that nobody has stored.
        """
        with redis_errors():
            pending = await self._redis.xpending_range(
                self._stream, GROUP, min="-", max=entries[-1].stream_id, count=len(entries) + 1
            )
        return [text(each["message_id"]) for each in pending] == [entry.stream_id for entry in entries]

    async def acknowledge(self, entries: Sequence[ShardEntry]) -> None:
        """Take durable entries, in their order, off the stream; it is trimmed to the low-water mark."""
        by_project: dict[str, list[str]] = defaultdict(list)
        for entry in entries:
            by_project[entry.project].append(entry.stream_id)
        keys = [self._stream, shard_key(self.shard, "in_flight"), self._attempts]
        with redis_errors():
            for project, ids in by_project.items():
                for start in range(0, len(ids), _ACKNOWLEDGED_AT_ONCE):
                    some = ids[start : start + _ACKNOWLEDGED_AT_ONCE]
                    await self._acknowledge(keys=keys, args=[GROUP, project, entries[-1].stream_id, *some])

    async def note_attempt(self, entry: ShardEntry) -> int:
        """Count that this very entry is about to be tried again; return how often it was tried so far."""
        with redis_errors():
            return int(await self._redis.hincrby(self._attempts, entry.stream_id, 1))

    async def attempts(self, entry: ShardEntry) -> int:
        """Return how often the entry was tried so far."""
        with redis_errors():
            return int(await self._redis.hget(self._attempts, entry.stream_id) or 0)

    async def note_error(self, entry: ShardEntry, error: str) -> None:
        """Keep why a try failed: the first reason and the last."""
        with redis_errors():
            await self._redis.hsetnx(self._attempts, f"{entry.stream_id}/first", error)
            await self._redis.hset(self._attempts, f"{entry.stream_id}/last", error)

    async def errors(self, entry: ShardEntry) -> tuple[str, str]:
        """Return the first and the last noted error; empty where the process died at every try."""
        names = [f"{entry.stream_id}/first", f"{entry.stream_id}/last"]
        with redis_errors():
            first, last = await self._redis.hmget(self._attempts, names)
        return text(first), text(last)

    async def bury(self, entry: ShardEntry, letter: DeadLetter) -> None:
        """Copy the entry to the dead letters, once; acknowledge it when the ledger knows.

        After a crash in the middle there may be a second copy, with the same ``stream_id``.
        """
        buried = f"{entry.stream_id}/buried"
        with redis_errors():
            if await self._redis.hexists(self._attempts, buried):
                return
            await self._redis.xadd(
                DEAD,
                {
                    "shard": str(self.shard),
                    "stream_id": entry.stream_id,
                    "p": entry.project,
                    "e": entry.content,
                    "reason": letter.reason,
                    "attempts": str(letter.attempts),
                    "first_error": letter.first_error,
                    "last_error": letter.last_error,
                },
            )
            await self._redis.hset(self._attempts, buried, "1")

    async def take_counts(self) -> CountDrain | None:
        """Return the counts that wait for the ledger; the same drain again until it is confirmed."""
        with redis_errors():
            flat = await self._take_counts(
                keys=[shard_key(self.shard, "ledger"), shard_key(self.shard, "ledger_draining")],
                args=[uuid.uuid4().hex],
            )
        fields = {flat[i].decode(): flat[i + 1].decode() for i in range(0, len(flat), 2)}
        return _drain(fields) if fields else None

    async def confirm_counts(self, drain: CountDrain) -> None:
        """Forget a drain that the ledger has stored."""
        with redis_errors():
            await self._confirm_counts(keys=[shard_key(self.shard, "ledger_draining")], args=[drain.drain_id])


async def _decoded(found: list[tuple[str, dict[bytes, bytes]]]) -> list[ShardEntry]:
    size = sum(len(fields.get(b"e", b"")) + _events_bytes(fields) for _, fields in found)
    if size > _DECODE_INLINE_BYTES:
        return await asyncio.to_thread(_entries, found)
    return _entries(found)


def _entries(found: list[tuple[str, dict[bytes, bytes]]]) -> list[ShardEntry]:
    return [_entry(stream_id, fields) for stream_id, fields in found]


def _events_bytes(fields: dict[bytes, bytes]) -> int:
    size = fields.get(b"n", b"")
    return int(size) if size.isdigit() else 0


def _entry(stream_id: str, fields: dict[bytes, bytes]) -> ShardEntry:
    content = fields.get(b"e", b"")
    try:
        envelope = decode_entry(content)
    except RecordCorrupt:
        envelope = None
    project = fields.get(b"p", b"").decode(errors="replace")
    return ShardEntry(stream_id=stream_id, project=project, content=content, envelope=envelope)


def _drain(fields: dict[str, str]) -> CountDrain:
    received: dict[tuple[str, str], int] = {}
    counts: list[Count] = []
    drain_id = fields.pop("drain_id")
    for field, segments in fields.items():
        tenant_id, project_id, outcome, reason = field.split("/", 3)
        if outcome == "received":
            received[(tenant_id, project_id)] = int(segments)
            continue
        counts.append(
            Count(
                tenant_id=tenant_id,
                project_id=project_id,
                outcome=Outcome(outcome),
                reason=reason,
                segments=int(segments),
            )
        )
    return CountDrain(drain_id=drain_id, received=received, counts=tuple(counts))
