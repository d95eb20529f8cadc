"""The sessions of one shard that are in memory, read back from store and archive when they are not."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import groupby

from traceflow.actors.session_processor.session_memory import SessionMemory
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.models.detection.moment import Moment, read_moments
from traceflow.models.detection.profile import Profile
from traceflow.models.detection.signal import Signal
from traceflow.models.errors import RecordCorrupt
from traceflow.models.recording.frame import read_frames
from traceflow.models.recording.index import SegmentIndexEntry, recording_order
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionRecord


@dataclass(slots=True)
class CachedSession:
    """A session in memory. ``record`` is its row as last stored, None before the first flush.

    ``told`` are the signals that listeners know of.
    """

    memory: SessionMemory = field(default_factory=SessionMemory)
    record: SessionRecord | None = None
    told: frozenset[Signal] = frozenset()


# What every line of a recording begins with; the rest is the event's own and is not decoded here.
_LINE_HEAD = re.compile(rb'\{"window_id":"([A-Za-z0-9._-]+)","segment_id":(\d+)')


class SessionCache:
    """Least recently used sessions go first; what a batch works on is never dropped meanwhile."""

    def __init__(
        self, *, store: ShardStore, archive: RecordingArchive, profile: Profile, moments_at_most: int
    ) -> None:
        self._store = store
        self._archive = archive
        self._profile = profile
        self._moments_at_most = moments_at_most
        self._sessions: OrderedDict[SessionKey, CachedSession] = OrderedDict()

    def __getitem__(self, session: SessionKey) -> CachedSession:
        return self._sessions[session]

    async def load(self, sessions: Collection[SessionKey]) -> None:
        """Have these sessions in memory, and drop others where too much is held."""
        missing = {session for session in sessions if session not in self._sessions}
        if missing:
            records = await self._store.load_sessions(missing)
            segments = await self._store.load_segments(records.keys())
            for session in missing:
                record = records.get(session)
                self._sessions[session] = (
                    await self._read_back(record, segments.get(session, ()))
                    if record is not None
                    else CachedSession()
                )
        for session in sessions:
            self._sessions.move_to_end(session)
        self._drop_oldest(keep=set(sessions))

    def forget(self, sessions: Iterable[SessionKey]) -> None:
        """Drop what was changed and not stored; it is read back as it was."""
        for session in sessions:
            self._sessions.pop(session, None)

    def clear(self) -> None:
        """Drop everything."""
        self._sessions.clear()

    def _drop_oldest(self, *, keep: set[SessionKey]) -> None:
        held = sum(cached.memory.weight for cached in self._sessions.values())
        for session in list(self._sessions):
            if held <= self._moments_at_most:
                return
            if session not in keep:
                held -= self._sessions.pop(session).memory.weight

    async def _read_back(
        self, record: SessionRecord, segments: Collection[SegmentIndexEntry]
    ) -> CachedSession:
        moments = await self._archived_moments(record, segments)
        memory = SessionMemory()
        for segment in segments:
            memory.add(
                window_id=segment.window_id,
                segment_id=segment.segment_id,
                content_hash=segment.content_hash,
                is_final=segment.is_final,
                moments=moments.get((segment.window_id, segment.segment_id), ()),
                events=segment.events,
            )
        assessment = await asyncio.to_thread(memory.assess, self._profile)
        return CachedSession(memory=memory, record=record, told=frozenset(assessment.signals))

    async def _archived_moments(
        self, record: SessionRecord, segments: Collection[SegmentIndexEntry]
    ) -> dict[tuple[str, int], tuple[Moment, ...]]:
        moments: dict[tuple[str, int], tuple[Moment, ...]] = {}
        ordered = recording_order(segments)
        frames = self._archive.read(record.session, wrapped_key=record.wrapped_key, entries=ordered)
        async with aclosing(frames):
            async for piece in frames:
                moments.update(await asyncio.to_thread(_moments_of, piece))
        return moments


def _moments_of(frames: bytes) -> dict[tuple[str, int], tuple[Moment, ...]]:
    return {
        (window_id, segment_id): read_moments(list(lines), window_id=window_id, segment_id=segment_id)
        for (window_id, segment_id), lines in groupby(read_frames(frames), key=_place)
    }


def _place(line: bytes) -> tuple[str, int]:
    place = _LINE_HEAD.match(line)
    if place is None:
        raise RecordCorrupt("a line of a recording does not begin with its place")
    return place[1].decode(), int(place[2])
