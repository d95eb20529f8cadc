from collections.abc import Awaitable, Callable, Sequence
from datetime import date

import pytest

from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.event_lookup import ArchiveEventLookup
from traceflow.datasets.archive.memory_event_lookup import MemoryEventLookup
from traceflow.datasets.archive.memory_object_store import MemoryObjectStore
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.models.errors import NotFound
from traceflow.models.insight.recorded_event import EventPlace, RecordedEvent
from traceflow.models.ports import EventLookup
from traceflow.models.recording.frame import encode_frame, encode_lines
from traceflow.models.recording.index import RecordingIndex, SegmentIndexEntry, recording_order
from traceflow.models.recording.placement import SegmentFrame, SegmentPlacement, SessionFrames
from traceflow.models.session.key import SessionKey

SESSION = SessionKey(tenant_id="t1", project_id="p1", session_id="s1")
OTHER = SessionKey(tenant_id="t1", project_id="p1", session_id="s2")

Segments = dict[tuple[str, int], Sequence[bytes]]
SEGMENTS: Segments = {
    ("w1", 0): [
        b'{"type":4,"timestamp":100,"data":{"href":"https://shop.example/"}}',
        b'{"type":3,"timestamp":110,"data":{"source":2,"type":2},"window_id":"w9"}',
    ],
    ("w1", 1): [],
    ("w1", 2): [b'{"type":5,"timestamp":130.5,"data":{"tag":"error","payload":"\\ud800"}}'],
    ("w2", 0): [b'{"type":3,"timestamp":90,"data":{"source":5}}'] * 300,
}


class _Keys:
    async def derived_key(self, tenant_id: str, *, label: str) -> bytes:
        return (tenant_id + label).encode().ljust(32, b"\x00")


class _Index:
    def __init__(self, indices: dict[SessionKey, RecordingIndex]) -> None:
        self._indices = indices

    async def recording_index(self, key: SessionKey) -> RecordingIndex:
        if key not in self._indices:
            raise NotFound("There is no such session.")
        return self._indices[key]


def _entry(placement: SegmentPlacement, events: int) -> SegmentIndexEntry:
    return SegmentIndexEntry(
        window_id=placement.window_id,
        segment_id=placement.segment_id,
        content_hash=b"h" * 16,
        events=events,
        min_timestamp_ms=100,
        max_timestamp_ms=200,
        is_final=False,
        received_at_ms=1,
        stream_id="1-0",
        object_key=placement.object_key,
        block_offset=placement.block_offset,
        block_length=placement.block_length,
        frame_offset=placement.frame_offset,
        frame_length=placement.frame_length,
    )


async def _memory(segments: Segments) -> EventLookup:
    return MemoryEventLookup({SESSION: segments})


async def _archive(segments: Segments) -> EventLookup:
    """Write every two segments as a batch, so that cited ones lie in one block and in several."""
    cipher = SessionCipher(_Keys())
    archive = RecordingArchive(MemoryObjectStore(), cipher)
    wrapped_key = await cipher.new_wrapped_key(SESSION)
    frames = [
        SegmentFrame(
            window_id=window_id,
            segment_id=segment_id,
            frame=encode_frame(encode_lines(events, window_id=window_id, segment_id=segment_id)),
        )
        for (window_id, segment_id), events in segments.items()
    ]
    entries: list[SegmentIndexEntry] = []
    for start in range(0, len(frames), 2):
        flush = SessionFrames(
            session=SESSION, wrapped_key=wrapped_key, frames=tuple(frames[start : start + 2])
        )
        for placement in await archive.write_batch([flush], batch_id=f"b{start}", day=date(2025, 11, 24)):
            events = segments[placement.window_id, placement.segment_id]
            entries.append(_entry(placement, len(events)))
    index = RecordingIndex(wrapped_key=wrapped_key, entries=recording_order(entries))
    return ArchiveEventLookup(index=_Index({SESSION: index}), archive=archive)


MakeLookup = Callable[[Segments], Awaitable[EventLookup]]


@pytest.fixture(params=[_memory, _archive], ids=["memory", "archive"])
def make_lookup(request: pytest.FixtureRequest) -> MakeLookup:
    make: MakeLookup = request.param
    return make


def _place(window_id: str, segment_id: int, event_index: int) -> EventPlace:
    return EventPlace(window_id=window_id, segment_id=segment_id, event_index=event_index)


def _event(place: EventPlace, *, timestamp_ms: int, kind: str) -> RecordedEvent:
    return RecordedEvent(
        window_id=place.window_id,
        segment_id=place.segment_id,
        event_index=place.event_index,
        timestamp_ms=timestamp_ms,
        kinds=frozenset({kind}),
    )


async def test_the_cited_events_are_found_with_their_time_and_kind(make_lookup: MakeLookup) -> None:
    lookup = await make_lookup(SEGMENTS)
    click, error, typed = _place("w1", 0, 1), _place("w1", 2, 0), _place("w2", 0, 299)

    recorded = await lookup.find_events(SESSION, [typed, click, error])

    assert set(recorded.events) == {
        _event(click, timestamp_ms=110, kind="click"),
        _event(error, timestamp_ms=130, kind="error"),
        _event(typed, timestamp_ms=90, kind="input"),
    }


async def test_places_where_nothing_is_recorded_are_left_out(make_lookup: MakeLookup) -> None:
    lookup = await make_lookup(SEGMENTS)
    absent = [_place("w1", 0, 2), _place("w1", 1, 0), _place("w1", 7, 0), _place("w9", 0, 0)]

    recorded = await lookup.find_events(SESSION, absent)

    assert recorded.events == ()


async def test_the_windows_of_the_session_are_named_whatever_is_asked_for(make_lookup: MakeLookup) -> None:
    lookup = await make_lookup(SEGMENTS)

    recorded = await lookup.find_events(SESSION, [])

    assert recorded.window_ids == {"w1", "w2"}


async def test_an_unknown_session_is_not_found(make_lookup: MakeLookup) -> None:
    lookup = await make_lookup(SEGMENTS)

    with pytest.raises(NotFound):
        await lookup.find_events(OTHER, [_place("w1", 0, 0)])
