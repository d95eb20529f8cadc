"""Hops 5 and 6. One shard at work: read, detect, store, and only then acknowledge.

The order of durability: blocks, then one transaction with rows, ledger and offset, then XACK. A crash at
any point repeats work and loses none: the offset says what the rows hold already.
"""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import structlog

from traceflow.actors.session_processor.batch import (
    Batch,
    RecordRules,
    closed_if_due,
    dead_letter_counts,
    index_entry,
    next_record,
    sort_batch,
)
from traceflow.actors.session_processor.fault import NOBODYS_FAULT, described
from traceflow.actors.session_processor.notices import notices_of
from traceflow.actors.session_processor.session_cache import SessionCache
from traceflow.actors.session_processor.settings import ProcessorSettings
from traceflow.actors.session_processor.turn import read_turn
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.store.flush_batch import FlushBatch, SessionFlush
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.streams.redis_shard import CountDrain, DeadLetter, RedisShard, ShardEntry
from traceflow.models.detection.profile import Profile
from traceflow.models.errors import (
    RecordCorrupt,
    ShardLost,
)
from traceflow.models.outcome import Count
from traceflow.models.ports import Feed, Notice
from traceflow.models.recording.placement import SegmentPlacement, SessionFrames
from traceflow.models.session.closing import ClosingRules
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionState

log = structlog.get_logger()

_MAX_FAILURES = 5
_PAUSE_FIRST_S, _PAUSE_LONGEST_S = 0.2, 2.0
NO_OFFSET = "0-0"
# One statement each; the rest has the next turn.
_CLOSED_AT_ONCE = 500
_DIED = "the process ended at every try"
_REFUSED = {
    "undecodable": "the entry does not decode",
    "conflict": "another content was accepted under this segment's number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardDependencies:
    """What a shard's work asks of the world."""

    shard: RedisShard
    store: ShardStore
    archive: RecordingArchive
    cipher: SessionCipher
    feed: Feed
    profile: Profile
    settings: ProcessorSettings
    owns: Callable[[SessionKey], bool]
    now_ms: Callable[[], int]
    on_analysis_due: Callable[[], None]


class ShardWorker:
    """Works one shard until told to stop."""

    def __init__(self, dependencies: ShardDependencies) -> None:
        self._on = dependencies
        settings = dependencies.settings
        self._rules = RecordRules(
            closing=ClosingRules(idle_ms=settings.idle_ms, max_age_ms=settings.max_age_ms),
            analysis_threshold=settings.analysis_threshold,
        )
        self._cache = SessionCache(
            store=dependencies.store,
            archive=dependencies.archive,
            profile=dependencies.profile,
            moments_at_most=settings.moments_in_memory,
        )
        self._generation = ""
        self._offset: str | None = None
        self._open: dict[SessionKey, tuple[int, int]] = {}
        # Entries whose last counted try was not their fault.
        self._excused: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Own the shard; whatever goes wrong, open it again and go on."""
        pause_s = _PAUSE_FIRST_S
        while not stop.is_set():
            try:
                await self._take_over(stop)
                pause_s = _PAUSE_FIRST_S
                await self._work(stop)
                return
            except NOBODYS_FAULT as error:
                log.warning(
                    "shard_paused", shard=self._on.shard.shard, reason=error.code, detail=error.message
                )
            except Exception as error:  # the loop that must not die; nothing was acknowledged
                log.error("shard_failed", shard=self._on.shard.shard, error=described(error))
            await _wait(stop, pause_s)
            pause_s = min(pause_s * 2, _PAUSE_LONGEST_S)

    async def _take_over(self, stop: asyncio.Event) -> None:
        """Finish what was handed out and not acknowledged, by this process or one before it."""
        shard = self._on.shard
        self._cache.clear()
        self._generation = await shard.open()
        await shard.claim()
        self._offset = await self._on.store.stream_offset(generation=self._generation, shard=shard.shard)
        self._open = {
            each.session: (each.opened_at_ms, each.last_arrival_ms)
            for each in await self._on.store.open_sessions()
            if self._on.owns(each.session)
        }
        entry = await shard.next_unacknowledged(after=NO_OFFSET)
        while entry is not None and not stop.is_set():
            if _is_after(entry.stream_id, self._offset):
                await self._process_alone(entry)
            else:
                await shard.acknowledge([entry])
            entry = await shard.next_unacknowledged(after=entry.stream_id)

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            turn = await read_turn(self._on.shard, self._on.settings, stop)
            if turn.entries:
                await self._process(turn.entries)
            else:
                await self._store_counts()
            now_ms = self._on.now_ms()
            # With more waiting, sessions are as old as what has been read of them, not as the clock says.
            await self._close_old_sessions(min(now_ms, turn.last_arrival_ms) if turn.is_full else now_ms)

    async def _process(self, entries: Sequence[ShardEntry]) -> None:
        """Process the entries together; if one of them fails, each alone."""
        try:
            await self._process_together(entries)
        except NOBODYS_FAULT:
            raise
        except Exception as error:  # whose fault it was is found out one by one
            log.error("batch_failed", shard=self._on.shard.shard, error=described(error))
            self._cache.clear()
            for entry in entries:
                await self._process_alone(entry)

    async def _process_alone(self, entry: ShardEntry) -> None:
        """Process one entry until it is stored or, after too many failures of its own, buried.

        What is nobody's fault ends this shard's turn, and the try is not held against the entry. A try is
        counted before it is made: an entry that ends the whole process is found out, too.
        """
        while True:
            attempts = await self._next_attempt(entry)
            if attempts > _MAX_FAILURES + 1:
                await self._give_up(entry, attempts=attempts - 1)
                return
            try:
                await self._process_together([entry])
            except NOBODYS_FAULT:
                self._excused.add(entry.stream_id)
                raise
            except Exception as error:  # counted against this very entry
                await self._on.shard.note_error(entry, described(error))
                log.error(
                    "segment_failed", shard=self._on.shard.shard, attempts=attempts, error=described(error)
                )
                self._cache.clear()
            else:
                return

    async def _next_attempt(self, entry: ShardEntry) -> int:
        if entry.stream_id not in self._excused:
            return await self._on.shard.note_attempt(entry)
        # The last try was counted and not its fault: this one takes its number.
        attempts = await self._on.shard.attempts(entry)
        self._excused.discard(entry.stream_id)
        return attempts

    async def _give_up(self, entry: ShardEntry, *, attempts: int) -> None:
        first, last = await self._on.shard.errors(entry)
        letter = DeadLetter(
            reason="failed", attempts=attempts, first_error=first or _DIED, last_error=last or _DIED
        )
        log.error("segment_given_up", shard=self._on.shard.shard, attempts=attempts, error=letter.last_error)
        await self._on.shard.bury(entry, letter)
        try:
            await self._flush((), dead_letter_counts((entry,), reason=letter.reason), entries=[entry])
        except RecordCorrupt:
            # Its project is not in the store, nor can its count be: the dead letter alone tells of it.
            await self._flush((), (), entries=[entry])
        await self._on.shard.acknowledge([entry])

    async def _process_together(self, entries: Sequence[ShardEntry]) -> None:
        unreadable = [entry for entry in entries if entry.envelope is None]
        readable = [entry for entry in entries if entry.envelope is not None]
        sessions = {entry.envelope.session for entry in readable if entry.envelope is not None}
        await self._cache.load(sessions)
        try:
            batch = await asyncio.to_thread(sort_batch, readable, self._cache)
            await self._bury_all(unreadable, reason="undecodable")
            await self._bury_all(batch.conflicts, reason="conflict")
            flushes = await self._session_flushes(batch)
            counts = (*batch.counts(), *dead_letter_counts(unreadable, reason="undecodable"))
            await self._flush(flushes, counts, entries=entries)
        except BaseException:
            self._cache.forget(sessions)
            raise
        await self._on.shard.acknowledge(entries)
        await self._tell(flushes)

    async def _bury_all(self, entries: Sequence[ShardEntry], *, reason: str) -> None:
        for entry in entries:
            log.warning("segment_buried", shard=self._on.shard.shard, reason=reason)
            error = _REFUSED[reason]
            await self._on.shard.bury(
                entry, DeadLetter(reason=reason, attempts=1, first_error=error, last_error=error)
            )

    async def _session_flushes(self, batch: Batch) -> list[SessionFlush]:
        keys = {session: await self._wrapped_key(session) for session in batch.fresh}
        placements = await self._on.archive.write_batch(
            [
                SessionFrames(
                    session=session,
                    wrapped_key=keys[session],
                    frames=tuple(segment.frame for segment in segments),
                )
                for session, segments in batch.fresh.items()
            ],
            batch_id=uuid.uuid4().hex,
            day=datetime.fromtimestamp(self._on.now_ms() / 1000, UTC).date(),
            retention=self._on.settings.retention,
        )
        placed = {(each.session, each.window_id, each.segment_id): each for each in placements}
        return await asyncio.to_thread(self._assessed, batch, keys, placed)

    def _assessed(
        self,
        batch: Batch,
        keys: dict[SessionKey, bytes],
        placed: dict[tuple[SessionKey, str, int], SegmentPlacement],
    ) -> list[SessionFlush]:
        flushes = []
        arrived = (each.envelope.received_at_ms for segments in batch.fresh.values() for each in segments)
        now_ms = min(self._on.now_ms(), max(arrived, default=self._on.now_ms()))
        for session, segments in batch.fresh.items():
            cached = self._cache[session]
            assessment = cached.memory.assess(self._on.profile)
            record = next_record(
                cached,
                segments,
                assessment,
                wrapped_key=keys[session],
                rules=self._rules,
                now_ms=now_ms,
            )
            fresh = {(each.envelope.window_id, each.envelope.segment_id) for each in segments}
            flushes.append(
                SessionFlush(
                    record=record,
                    segments=tuple(
                        index_entry(each, placed[session, each.envelope.window_id, each.envelope.segment_id])
                        for each in segments
                    ),
                    signals=assessment.signals,
                    places=assessment.places,
                    notable_events=tuple(
                        event
                        for event in assessment.notable_events
                        if (event.evidence.window_id, event.evidence.segment_id) in fresh
                    ),
                )
            )
        return flushes

    async def _wrapped_key(self, session: SessionKey) -> bytes:
        record = self._cache[session].record
        return record.wrapped_key if record is not None else await self._on.cipher.new_wrapped_key(session)

    async def _flush(
        self,
        sessions: Sequence[SessionFlush],
        counts: tuple[Count, ...],
        *,
        entries: Sequence[ShardEntry] = (),
        drain: CountDrain | None = None,
    ) -> None:
        if entries and not await self._on.shard.holds(entries):
            raise ShardLost("Another process works this shard, too.", shard=self._on.shard.shard)
        drain = drain or await self._on.shard.take_counts()
        last_id = entries[-1].stream_id if entries else self._offset or NO_OFFSET
        await self._on.store.flush(
            FlushBatch(
                shard=self._on.shard.shard,
                generation=self._generation,
                expected_last_id=self._offset,
                last_id=last_id,
                sessions=tuple(sessions),
                counts=counts,
                drain=drain,
            )
        )
        self._offset = last_id
        for flush in sessions:
            self._remember(flush)
        if drain is not None:
            await self._on.shard.confirm_counts(drain)

    def _remember(self, flush: SessionFlush) -> None:
        record = flush.record
        if record.state is SessionState.OPEN:
            self._open[record.session] = (record.opened_at_ms, record.last_arrival_ms)
        else:
            self._open.pop(record.session, None)
        if record.analysis is not None:
            self._on.on_analysis_due()

    async def _tell(self, flushes: Sequence[SessionFlush]) -> None:
        notices: list[Notice] = []
        for flush in flushes:
            cached = self._cache[flush.record.session]
            notices += notices_of(flush, told=cached.told)
            cached.record, cached.told = flush.record, frozenset(flush.signals or ())
        if notices:
            await self._on.feed.publish(notices)

    async def _store_counts(self) -> None:
        """Carry what ingest counted to the ledger while no segment comes."""
        drain = await self._on.shard.take_counts()
        if drain is not None:
            await self._flush((), (), drain=drain)

    async def _close_old_sessions(self, now_ms: int) -> None:
        closing = self._rules.closing
        old = (
            session
            for session, (opened_at_ms, last_arrival_ms) in self._open.items()
            if now_ms - last_arrival_ms >= closing.idle_ms or now_ms - opened_at_ms >= closing.max_age_ms
        )
        due = list(islice(old, _CLOSED_AT_ONCE))
        if not due:
            return
        records = await self._on.store.load_sessions(due)
        # What the store knows decides: another process may have closed it meanwhile.
        flushes = [
            SessionFlush(record=closed_if_due(record, (), rules=self._rules, now_ms=now_ms))
            for record in records.values()
            if record.state is SessionState.OPEN
        ]
        for session in due:
            self._open.pop(session, None)
        await self._flush(flushes, ())
        # Loaded again, with their new state, if ever another segment comes.
        self._cache.forget(due)
        await self._on.feed.publish(
            [notice for flush in flushes for notice in notices_of(flush, told=frozenset())]
        )


def _is_after(stream_id: str, offset: str | None) -> bool:
    return offset is None or _numbers(stream_id) > _numbers(offset)


def _numbers(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
