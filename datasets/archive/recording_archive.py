"""Hop 6. Recordings at rest: many sessions per object, one encrypted block per session and flush."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from traceflow.datasets.archive.block_reader import BlockAddress, BlockReader
from traceflow.datasets.archive.cipher import BlockCipher, SessionCipher
from traceflow.models.errors import RecordCorrupt
from traceflow.models.ports import ObjectStore
from traceflow.models.recording.placement import FrameAddress, SegmentPlacement, SessionFrames
from traceflow.models.session.key import SessionKey

DEFAULT_RETENTION = "30d"


def block_object_key(*, retention: str, day: date, batch_id: str) -> str:
    """Return the name of a batch's object: its first parts let a whole day of a retention be dropped."""
    return f"recordings/{retention}/{day.isoformat()}/{batch_id}.blocks"


class RecordingArchive:
    """Writes batches of sessions' frames, and reads one session's frames back in order."""

    def __init__(self, objects: ObjectStore, cipher: SessionCipher) -> None:
        self._objects = objects
        self._cipher = cipher

    async def write_batch(
        self,
        sessions: Sequence[SessionFrames],
        *,
        batch_id: str,
        day: date,
        retention: str = DEFAULT_RETENTION,
    ) -> tuple[SegmentPlacement, ...]:
        """Store the batch as one object and say where each segment lies, in the order given.

        Once this returns the blocks are durable. Each session stands in a batch once; an empty batch
        stores nothing. Raises ArchiveUnavailable; the next try takes another ``batch_id``, so that no index
        row can come to point at bytes that were written over.
        """
        if not sessions:
            return ()
        object_key = block_object_key(retention=retention, day=day, batch_id=batch_id)
        ciphers = [
            await self._cipher.block_cipher(each.session, wrapped_key=each.wrapped_key) for each in sessions
        ]
        content, placements = await asyncio.to_thread(_sealed_batch, sessions, ciphers, object_key)
        await self._objects.put(object_key, content)
        return placements

    async def read(
        self, session: SessionKey, *, wrapped_key: bytes, entries: Iterable[FrameAddress]
    ) -> AsyncGenerator[bytes, None]:
        """Yield the zstd frames in the order of the entries; frames of one block in one piece.

        A piece is whole frames, so that pieces may be concatenated or decompressed each on its own.
        Raises NotFound or RecordCorrupt where a block is gone or damaged, ArchiveUnavailable.
        """
        cipher = await self._cipher.block_cipher(session, wrapped_key=wrapped_key)
        runs = [list(run) for _, run in groupby(entries, key=_block_of)]
        reader = BlockReader(self._objects, cipher, blocks=[_block_of(run[0]) for run in runs])
        try:
            for position, run in enumerate(runs):
                block = await reader.block(position)
                yield b"".join(_frame(block, entry) for entry in run)
        finally:
            await reader.close()


def _sealed_batch(
    sessions: Sequence[SessionFrames], ciphers: Sequence[BlockCipher], object_key: str
) -> tuple[bytes, tuple[SegmentPlacement, ...]]:
    blocks: list[bytes] = []
    placements: list[SegmentPlacement] = []
    block_offset = 0
    for each, cipher in zip(sessions, ciphers, strict=True):
        plain = b"".join(segment.frame for segment in each.frames)
        block = cipher.seal(plain, object_key=object_key)
        address = BlockAddress(object_key=object_key, offset=block_offset, length=len(block))
        placements += _placements(each, address)
        blocks.append(block)
        block_offset += len(block)
    return b"".join(blocks), tuple(placements)


def _placements(frames: SessionFrames, block: BlockAddress) -> Iterator[SegmentPlacement]:
    frame_offset = 0
    for segment in frames.frames:
        yield SegmentPlacement(
            session=frames.session,
            window_id=segment.window_id,
            segment_id=segment.segment_id,
            object_key=block.object_key,
            block_offset=block.offset,
            block_length=block.length,
            frame_offset=frame_offset,
            frame_length=len(segment.frame),
        )
        frame_offset += len(segment.frame)


def _block_of(entry: FrameAddress) -> BlockAddress:
    return BlockAddress(object_key=entry.object_key, offset=entry.block_offset, length=entry.block_length)


def _frame(block: bytes, entry: FrameAddress) -> bytes:
    frame = block[entry.frame_offset : entry.frame_offset + entry.frame_length]
    if len(frame) < entry.frame_length:
        raise RecordCorrupt("The block is shorter than its index says.", object_key=entry.object_key)
    return frame
