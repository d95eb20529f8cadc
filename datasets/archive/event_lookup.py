"""Hop 10. Recorded events, looked up where findings cite them: the segment index and the archive together."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol

from traceflow.models.insight.recorded_event import EventPlace, RecordedEvent, RecordedEvents, recorded_event
from traceflow.models.ports import RecordingReader
from traceflow.models.recording.frame import read_frames
from traceflow.models.recording.index import RecordingIndex, SegmentIndexEntry
from traceflow.models.session.key import SessionKey


class SegmentIndex(Protocol):
    """Where a session's segments lie."""

    async def recording_index(self, key: SessionKey, /) -> RecordingIndex:
        """Return the entries as of one moment; raises NotFound."""
        ...


class ArchiveEventLookup:
    """Reads the cited segments only, each once."""

    def __init__(self, *, index: SegmentIndex, archive: RecordingReader) -> None:
        self._index = index
        self._archive = archive

    async def find_events(self, session: SessionKey, places: Sequence[EventPlace]) -> RecordedEvents:
        index = await self._index.recording_index(session)
        cited = _by_segment(places)
        entries = [entry for entry in index.entries if (entry.window_id, entry.segment_id) in cited]
        events: list[RecordedEvent] = []
        pieces = self._archive.read(session, wrapped_key=index.wrapped_key, entries=entries)
        async with aclosing(pieces):
            waiting = iter(entries)
            async for piece in pieces:
                events += await asyncio.to_thread(_events_of, piece, waiting, cited)
        return RecordedEvents(
            window_ids=frozenset(entry.window_id for entry in index.entries), events=tuple(events)
        )


def _by_segment(places: Sequence[EventPlace]) -> Mapping[tuple[str, int], frozenset[int]]:
    indices = defaultdict[tuple[str, int], set[int]](set)
    for place in places:
        indices[place.window_id, place.segment_id].add(place.event_index)
    return {segment: frozenset(cited) for segment, cited in indices.items()}


def _events_of(
    piece: bytes, waiting: Iterator[SegmentIndexEntry], cited: Mapping[tuple[str, int], frozenset[int]]
) -> list[RecordedEvent]:
    """Take from ``waiting`` the segments whose frames, one after the other, make up the piece."""
    events: list[RecordedEvent] = []
    start = 0
    while start < len(piece):
        entry = next(waiting)
        frame = piece[start : start + entry.frame_length]
        start += entry.frame_length
        wanted = cited[entry.window_id, entry.segment_id]
        for event_index, line in enumerate(read_frames(frame)):
            if event_index in wanted:
                events.append(recorded_event(line, place=_place(entry, event_index)))
    return events


def _place(entry: SegmentIndexEntry, event_index: int) -> EventPlace:
    return EventPlace(window_id=entry.window_id, segment_id=entry.segment_id, event_index=event_index)
