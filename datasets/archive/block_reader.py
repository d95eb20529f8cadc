"""Blocks of one session, opened a few ahead of where the reader is, and each read once while it fits."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from traceflow.datasets.archive.cipher import BlockCipher
from traceflow.models.ports import ObjectStore

# A flush every two seconds makes hundreds of blocks of a long session: one by one, a bucket's 10 ms each
# would add up to seconds.
BLOCKS_AHEAD = 4
# Two windows take turns over the same blocks: 32 MiB keeps them all but for the longest sessions.
HELD_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockAddress:
    """One block's bytes within its object."""

    object_key: str
    offset: int
    length: int


class BlockReader:
    """Reads a known sequence of blocks, in order; holds about ``HELD_BYTES`` of them."""

    def __init__(self, objects: ObjectStore, cipher: BlockCipher, *, blocks: Sequence[BlockAddress]) -> None:
        self._objects = objects
        self._cipher = cipher
        self._blocks = blocks
        self._tasks: OrderedDict[BlockAddress, asyncio.Task[bytes]] = OrderedDict()

    async def block(self, position: int) -> bytes:
        """Return the opened block at this place of the sequence, and begin with the ones after it."""
        wanted = self._blocks[position : position + BLOCKS_AHEAD]
        self._begin(wanted[0])
        for address in wanted[1:]:
            self._make_room(address.length, keep=wanted)
            if self._held_bytes() + address.length > HELD_BYTES:
                break
            self._begin(address)
        self._make_room(0, keep=wanted)
        return await self._tasks[wanted[0]]

    async def close(self) -> None:
        """Stop what was begun ahead."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    def _begin(self, address: BlockAddress) -> None:
        if address not in self._tasks:
            self._tasks[address] = asyncio.create_task(self._open(address))
        self._tasks.move_to_end(address)

    def _make_room(self, length: int, *, keep: Sequence[BlockAddress]) -> None:
        for address in list(self._tasks):
            if self._held_bytes() + length <= HELD_BYTES:
                return
            if address not in keep:
                self._tasks.pop(address).cancel()

    def _held_bytes(self) -> int:
        return sum(address.length for address in self._tasks)

    async def _open(self, address: BlockAddress) -> bytes:
        sealed = await self._objects.get_range(
            address.object_key, offset=address.offset, length=address.length
        )
        return await asyncio.to_thread(self._cipher.open, sealed, object_key=address.object_key)
