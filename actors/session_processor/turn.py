"""Hop 5. One turn of a shard: the entries that are worth a flush together."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from traceflow.actors.session_processor.settings import ProcessorSettings
from traceflow.datasets.streams.redis_shard import RedisShard, ShardEntry

_IDLE_S = 1.0
# A final segment wants to be seen at once; what follows within this still joins its flush.
_FINAL_WAIT_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What was read; where it is full, more is probably waiting."""

    entries: Sequence[ShardEntry]
    is_full: bool

    @property
    def last_arrival_ms(self) -> int:
        """Return when the youngest of it arrived, 0 where nothing of it can be read."""
        envelopes = (entry.envelope for entry in self.entries)
        return max((each.received_at_ms for each in envelopes if each is not None), default=0)


async def read_turn(shard: RedisShard, settings: ProcessorSettings, stop: asyncio.Event) -> Turn:
    """Read until there is enough, what was read has waited long enough, or nothing comes."""
    entries: list[ShardEntry] = []
    size, deadline = 0, time.monotonic() + _IDLE_S
    while len(entries) < settings.flush_segments and size < settings.flush_bytes:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or stop.is_set():
            return Turn(entries=entries, is_full=False)
        read = await shard.read(
            count=settings.flush_segments - len(entries),
            bytes_at_most=settings.flush_bytes - size,
            block_ms=max(1, int(left_s * 1000)),
        )
        if read and not entries:
            deadline = time.monotonic() + settings.flush_after_s
        if any(entry.envelope is not None and entry.envelope.is_final for entry in read):
            deadline = min(deadline, time.monotonic() + _FINAL_WAIT_S)
        entries += read
        size += sum(entry.size_bytes for entry in read)
    return Turn(entries=entries, is_full=True)
