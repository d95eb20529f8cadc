from dataclasses import replace
from datetime import date

import pytest

from traceflow.datasets.archive import block_reader
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.memory_object_store import MemoryObjectStore
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.models.errors import NotFound, RecordCorrupt
from traceflow.models.ports import TenantKeys
from traceflow.models.recording.frame import encode_frame, encode_lines, read_frames
from traceflow.models.recording.placement import SegmentFrame, SegmentPlacement, SessionFrames
from traceflow.models.session.key import SessionKey

DAY = date(2026, 1, 2)
ONE = SessionKey(tenant_id="acme", project_id="shop", session_id="one")
TWO = SessionKey(tenant_id="rival", project_id="shop", session_id="one")


class CountingObjectStore(MemoryObjectStore):
    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[str, int, int]] = []

    async def get_range(self, object_key: str, *, offset: int, length: int) -> bytes:
        self.reads.append((object_key, offset, length))
        return await super().get_range(object_key, offset=offset, length=length)


def segment(window_id: str, segment_id: int) -> SegmentFrame:
    event = b'{"type":3,"timestamp":1,"data":"%b %d"}' % (window_id.encode(), segment_id)
    lines = encode_lines([event] * 3, window_id=window_id, segment_id=segment_id)
    return SegmentFrame(window_id=window_id, segment_id=segment_id, frame=encode_frame(lines))


@pytest.fixture
def objects() -> CountingObjectStore:
    return CountingObjectStore()


@pytest.fixture
def cipher(tenant_keys: TenantKeys) -> SessionCipher:
    return SessionCipher(tenant_keys)


@pytest.fixture
def archive(objects: CountingObjectStore, cipher: SessionCipher) -> RecordingArchive:
    return RecordingArchive(objects, cipher)


async def read_all(
    archive: RecordingArchive, session: SessionKey, wrapped_key: bytes, entries: list[SegmentPlacement]
) -> bytes:
    pieces = [piece async for piece in archive.read(session, wrapped_key=wrapped_key, entries=entries)]
    return b"".join(pieces)


async def test_each_session_of_a_batch_comes_back_frame_for_frame(
    archive: RecordingArchive, cipher: SessionCipher, objects: CountingObjectStore
) -> None:
    keys = {session: await cipher.new_wrapped_key(session) for session in (ONE, TWO)}
    frames = {ONE: (segment("w1", 0), segment("w2", 0), segment("w1", 1)), TWO: (segment("w1", 0),)}
    batch = [SessionFrames(session=key, wrapped_key=keys[key], frames=frames[key]) for key in frames]

    placements = await archive.write_batch(batch, batch_id="b1", day=DAY)

    assert [key async for key in objects.list_keys("")] == ["recordings/30d/2026-01-02/b1.blocks"]
    assert [(p.session, p.window_id, p.segment_id) for p in placements] == [
        (ONE, "w1", 0),
        (ONE, "w2", 0),
        (ONE, "w1", 1),
        (TWO, "w1", 0),
    ]
    for key, segments in frames.items():
        mine = [placement for placement in placements if placement.session == key]
        expected = b"".join(each.frame for each in segments)
        assert await read_all(archive, key, keys[key], mine) == expected


async def test_a_recording_of_many_flushes_takes_one_read_per_block(
    archive: RecordingArchive, cipher: SessionCipher, objects: CountingObjectStore
) -> None:
    wrapped_key = await cipher.new_wrapped_key(ONE)
    placements: list[SegmentPlacement] = []
    for number in range(30):
        frames = tuple(segment(window, 2 * number + part) for part in range(2) for window in ("w1", "w2"))
        batch = [SessionFrames(session=ONE, wrapped_key=wrapped_key, frames=frames)]
        placements += await archive.write_batch(batch, batch_id=f"b{number}", day=DAY)
    entries = sorted(placements, key=lambda placement: (placement.window_id, placement.segment_id))

    lines = list(read_frames(await read_all(archive, ONE, wrapped_key, entries)))

    read = [(line.split(b'"')[3].decode(), int(line.split(b":")[2].split(b",")[0])) for line in lines]
    assert read[::3] == [(window, number) for window in ("w1", "w2") for number in range(60)]
    assert len(objects.reads) == 30
    assert len(set(objects.reads)) == 30


async def test_blocks_that_do_not_fit_are_read_again_rather_than_held(
    archive: RecordingArchive,
    cipher: SessionCipher,
    objects: CountingObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block_reader, "HELD_BYTES", 1000)
    wrapped_key = await cipher.new_wrapped_key(ONE)
    placements: list[SegmentPlacement] = []
    for number in range(20):
        frames = (segment("w1", number), segment("w2", number))
        batch = [SessionFrames(session=ONE, wrapped_key=wrapped_key, frames=frames)]
        placements += await archive.write_batch(batch, batch_id=f"b{number}", day=DAY)
    entries = sorted(placements, key=lambda placement: (placement.window_id, placement.segment_id))

    content = await read_all(archive, ONE, wrapped_key, entries)

    assert len(list(read_frames(content))) == 120
    assert len(objects.reads) == 40


async def test_a_reader_that_stops_early_leaves_nothing_running(
    archive: RecordingArchive, cipher: SessionCipher
) -> None:
    wrapped_key = await cipher.new_wrapped_key(ONE)
    placements: list[SegmentPlacement] = []
    for number in range(10):
        batch = [SessionFrames(session=ONE, wrapped_key=wrapped_key, frames=(segment("w1", number),))]
        placements += await archive.write_batch(batch, batch_id=f"b{number}", day=DAY)

    pieces = archive.read(ONE, wrapped_key=wrapped_key, entries=placements)
    first = await anext(pieces)
    await pieces.aclose()

    assert first == segment("w1", 0).frame


async def test_an_empty_batch_stores_nothing(archive: RecordingArchive, objects: CountingObjectStore) -> None:
    assert await archive.write_batch([], batch_id="b1", day=DAY) == ()
    assert [key async for key in objects.list_keys("")] == []


async def test_no_entries_are_no_frames(archive: RecordingArchive, cipher: SessionCipher) -> None:
    assert await read_all(archive, ONE, await cipher.new_wrapped_key(ONE), []) == b""


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("object_key", "recordings/30d/2026-01-02/gone.blocks", NotFound),
        ("block_offset", 1, RecordCorrupt),
        ("block_length", 5, RecordCorrupt),
        ("frame_length", 10_000, RecordCorrupt),
    ],
)
async def test_an_index_that_does_not_fit_is_noticed(
    archive: RecordingArchive, cipher: SessionCipher, field: str, value: object, error: type[Exception]
) -> None:
    wrapped_key = await cipher.new_wrapped_key(ONE)
    batch = [SessionFrames(session=ONE, wrapped_key=wrapped_key, frames=(segment("w1", 0),))]
    (placement,) = await archive.write_batch(batch, batch_id="b1", day=DAY)

    with pytest.raises(error):
        await read_all(archive, ONE, wrapped_key, [replace(placement, **{field: value})])  # type: ignore[arg-type]


async def test_the_block_of_another_session_does_not_open(
    archive: RecordingArchive, cipher: SessionCipher
) -> None:
    keys = {session: await cipher.new_wrapped_key(session) for session in (ONE, TWO)}
    batch = [
        SessionFrames(session=session, wrapped_key=keys[session], frames=(segment("w1", 0),))
        for session in keys
    ]
    mine, theirs = await archive.write_batch(batch, batch_id="b1", day=DAY)

    assert await read_all(archive, ONE, keys[ONE], [mine]) == segment("w1", 0).frame
    with pytest.raises(RecordCorrupt):
        await read_all(archive, ONE, keys[ONE], [theirs])
