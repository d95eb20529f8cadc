"""Hop 5's side of a stream: one shard, read in order by the one process that owns it."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from traceflow.datasets.streams.redis_connection import (
    DEAD,
    GROUP,
    redis_errors,
    script_text,
    segments_key,
    shard_key,
)
from traceflow.datasets.streams.redis_replies import read_entries, text
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import RecordCorrupt
from traceflow.models.outcome import Count, Outcome
from traceflow.models.wire.stream_entry import decode_entry

_CLAIM_AT_ONCE = 100


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

    The consumer's name stays the same over restarts, so that what was read and not acknowledged comes
    first; entries of another consumer are claimed once, when the shard is opened (takeover).
    """

    def __init__(self, redis: Redis, *, shard: int, consumer: str) -> None:
        self.shard = shard
        self._redis = redis
        self._consumer = consumer
        self._stream = segments_key(shard)
        self._acknowledge = redis.register_script(script_text("acknowledge.lua"))
        self._take_counts = redis.register_script(script_text("take_counts.lua"))

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

    async def unacknowledged(self) -> list[ShardEntry]:
        """Return, in order, what was handed out before and never acknowledged, other consumers' too."""
        with redis_errors():
            cursor: bytes | str = "0-0"
            while True:
                cursor, _, _ = await self._redis.xautoclaim(
                    self._stream,
                    GROUP,
                    self._consumer,
                    min_idle_time=0,
                    start_id=cursor,
                    count=_CLAIM_AT_ONCE,
                )
                if cursor in (b"0-0", "0-0"):
                    break
            return await self._read(after="0", count=100_000, block_ms=None)

    async def read(self, *, count: int, block_ms: int) -> list[ShardEntry]:
        """Return new entries, waiting at most so long for the first."""
        with redis_errors():
            return await self._read(after=">", count=count, block_ms=block_ms)

    async def _read(self, *, after: str, count: int, block_ms: int | None) -> list[ShardEntry]:
        reply = await self._redis.xreadgroup(
            GROUP, self._consumer, {self._stream: after}, count=count, block=block_ms
        )
        return [_entry(stream_id, fields) for stream_id, fields in read_entries(reply)]

    async def acknowledge(self, entries: Sequence[ShardEntry]) -> None:
        """Take durable entries off; the stream is trimmed to the acknowledged low-water mark."""
        by_project: dict[str, list[str]] = defaultdict(list)
        for entry in entries:
            by_project[entry.project].append(entry.stream_id)
        keys = [self._stream, shard_key(self.shard, "in_flight"), shard_key(self.shard, "attempts")]
        with redis_errors():
            for project, ids in by_project.items():
                await self._acknowledge(keys=keys, args=[GROUP, project, *ids])

    async def note_attempt(self, entry: ShardEntry) -> int:
        """Count that this very entry is about to be tried again; return how often it was tried so far."""
        with redis_errors():
            return int(await self._redis.hincrby(shard_key(self.shard, "attempts"), entry.stream_id, 1))

    async def forget_attempt(self, entry: ShardEntry) -> None:
        """Take the last noted attempt back: what failed was not the entry."""
        with redis_errors():
            await self._redis.hincrby(shard_key(self.shard, "attempts"), entry.stream_id, -1)

    async def bury(self, entry: ShardEntry, letter: DeadLetter) -> None:
        """Copy the entry to the dead letters; the caller acknowledges it once the ledger knows.

        After a crash in between the copy is made again, with the same ``stream_id``.
        """
        with redis_errors():
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
        key = shard_key(self.shard, "ledger_draining")
        with redis_errors():
            if await self._redis.hget(key, "drain_id") == drain.drain_id.encode():
                await self._redis.delete(key)


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
