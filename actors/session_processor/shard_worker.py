"""Hops 5 and 6. One shard at work: read, detect, store, and only then acknowledge.

The order of durability: blocks, then one transaction with rows, ledger and offset, then XACK. A crash at
any point repeats work and loses none: the offset says what the rows hold already.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

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
from traceflow.actors.session_processor.notices import notices_of
from traceflow.actors.session_processor.session_cache import SessionCache
from traceflow.actors.session_processor.settings import ProcessorSettings
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.store.flush_batch import FlushBatch, SessionFlush
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.streams.redis_shard import DeadLetter, RedisShard, ShardEntry
from traceflow.models.detection.profile import Profile
from traceflow.models.errors import TraceFlowError, Unavailable
from traceflow.models.outcome import Count
from traceflow.models.ports import Feed, Notice
from traceflow.models.recording.placement import SegmentPlacement, SessionFrames
from traceflow.models.session.closing import ClosingRules
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionState

log = structlog.get_logger()

_MAX_FAILURES = 5
_READ_WAIT_MS = 500
_IDLE_S = 1.0
# A final segment wants to be seen at once; what follows within this still joins its flush.
_FINAL_WAIT_S = 0.25
_PAUSE_FIRST_S, _PAUSE_LONGEST_S = 0.2, 2.0
_NO_OFFSET = "0-0"


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
            moments_at_most=settings.moments_in_memory,
        )
        self._generation = ""
        self._offset: str | None = None
        self._open: dict[SessionKey, tuple[int, int]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Own the shard; whatever goes wrong, open it again and go on."""
        pause_s = _PAUSE_FIRST_S
        while not stop.is_set():
            try:
                await self._take_over()
                pause_s = _PAUSE_FIRST_S
                await self._work(stop)
            except Unavailable as error:
                log.warning("shard_paused", shard=self._on.shard.shard, reason=error.code)
            except Exception as error:  # the loop that must not die; nothing was acknowledged
                log.error("shard_failed", shard=self._on.shard.shard, error=type(error).__name__)
            await _wait(stop, pause_s)
            pause_s = min(pause_s * 2, _PAUSE_LONGEST_S)

    async def _take_over(self) -> None:
        """Finish what was handed out and not acknowledged, by this process or one before it."""
        shard = self._on.shard
        self._cache.clear()
        self._generation = await shard.open()
        self._offset = await self._on.store.stream_offset(generation=self._generation, shard=shard.shard)
        self._open = {
            each.session: (each.opened_at_ms, each.last_arrival_ms)
            for each in await self._on.store.open_sessions()
            if self._on.owns(each.session)
        }
        unacknowledged = await shard.unacknowledged()
        done = [entry for entry in unacknowledged if not _is_after(entry.stream_id, self._offset)]
        if done:
            await shard.acknowledge(done)
        for entry in unacknowledged[len(done) :]:
            await self._process_alone(entry)

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            entries = await self._gather()
            if entries:
                await self._process(entries)
            else:
                await self._store_counts()
            await self._close_idle_sessions()

    async def _gather(self) -> list[ShardEntry]:
        """Read until there is enough to be worth a flush, or what was read has waited long enough."""
        settings = self._on.settings
        entries: list[ShardEntry] = []
        size, deadline = 0, time.monotonic() + _IDLE_S
        while len(entries) < settings.flush_segments and size < settings.flush_bytes:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            wait_ms = max(1, min(_READ_WAIT_MS, int(left_s * 1000)))
            read = await self._on.shard.read(count=settings.flush_segments - len(entries), block_ms=wait_ms)
            if read and not entries:
                deadline = time.monotonic() + settings.flush_after_s
            if any(entry.envelope is not None and entry.envelope.is_final for entry in read):
                deadline = min(deadline, time.monotonic() + _FINAL_WAIT_S)
            entries += read
            size += sum(len(entry.content) for entry in read)
        return entries

    async def _process(self, entries: Sequence[ShardEntry]) -> None:
        """Process the entries together; if one of them fails, each alone."""
        try:
            await self._process_together(entries)
        except Unavailable:
            raise
        except Exception as error:  # whose fault it was is found out one by one
            log.error("batch_failed", shard=self._on.shard.shard, error=type(error).__name__)
            self._cache.clear()
            for entry in entries:
                await self._process_alone(entry)

    async def _process_alone(self, entry: ShardEntry) -> None:
        """Process one entry until it is stored or, after too many failures of its own, buried.

        An Unavailable dependency is nobody's failure: it ends this shard's turn, and the try is not held
        against the entry.
        """
        first_error = ""
        while True:
            attempts = await self._on.shard.note_attempt(entry)
            if attempts > _MAX_FAILURES + 1:
                letter = DeadLetter(
                    reason="failed", attempts=attempts - 1, first_error=first_error, last_error=first_error
                )
                await self._bury(entry, letter)
                return
            try:
                await self._process_together([entry])
                return
            except Unavailable:
                await self._on.shard.forget_attempt(entry)
                raise
            except Exception as error:  # counted against this very entry
                first_error = first_error or _described(error)
                log.error(
                    "segment_failed", shard=self._on.shard.shard, attempts=attempts, error=_described(error)
                )
                self._cache.clear()

    async def _process_together(self, entries: Sequence[ShardEntry]) -> None:
        unreadable = [entry for entry in entries if entry.envelope is None]
        for entry in unreadable:
            letter = DeadLetter(reason="undecodable", attempts=1, first_error="", last_error="")
            await self._on.shard.bury(entry, letter)
        readable = [entry for entry in entries if entry.envelope is not None]
        sessions = {entry.envelope.session for entry in readable if entry.envelope is not None}
        await self._cache.load(sessions)
        try:
            batch = await asyncio.to_thread(sort_batch, readable, self._cache)
            for entry in batch.conflicts:
                letter = DeadLetter(reason="conflict", attempts=1, first_error="", last_error="")
                await self._on.shard.bury(entry, letter)
            flushes = await self._session_flushes(batch)
            counts = (*batch.counts(), *dead_letter_counts(unreadable, reason="undecodable"))
            await self._flush(flushes, counts, last_id=entries[-1].stream_id)
        except BaseException:
            self._cache.forget(sessions)
            raise
        await self._on.shard.acknowledge(entries)
        await self._tell(flushes)

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
        for session, segments in batch.fresh.items():
            cached = self._cache[session]
            assessment = cached.memory.assess(self._on.profile)
            record = next_record(
                cached,
                segments,
                assessment,
                wrapped_key=keys[session],
                rules=self._rules,
                now_ms=self._on.now_ms(),
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
        self, sessions: Sequence[SessionFlush], counts: tuple[Count, ...], *, last_id: str
    ) -> None:
        drain = await self._on.shard.take_counts()
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
        await self._flush((), (), last_id=self._offset or _NO_OFFSET)

    async def _close_idle_sessions(self) -> None:
        now_ms = self._on.now_ms()
        closing = self._rules.closing
        due = [
            session
            for session, (opened_at_ms, last_arrival_ms) in self._open.items()
            if now_ms - last_arrival_ms >= closing.idle_ms or now_ms - opened_at_ms >= closing.max_age_ms
        ]
        if not due:
            return
        records = await self._on.store.load_sessions(due)
        flushes = [
            SessionFlush(record=closed_if_due(record, (), rules=self._rules, now_ms=now_ms))
            for record in records.values()
        ]
        await self._flush(flushes, (), last_id=self._offset or _NO_OFFSET)
        # Loaded again, with their new state, if ever another segment comes.
        self._cache.forget(due)
        for session in due:
            self._open.pop(session, None)

    async def _bury(self, entry: ShardEntry, letter: DeadLetter) -> None:
        await self._on.shard.bury(entry, letter)
        await self._flush((), dead_letter_counts((entry,), reason=letter.reason), last_id=entry.stream_id)
        await self._on.shard.acknowledge([entry])


def _is_after(stream_id: str, offset: str | None) -> bool:
    return offset is None or _numbers(stream_id) > _numbers(offset)


def _numbers(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence)


def _described(error: Exception) -> str:
    # Never an unknown error's own text: it may quote what was recorded.
    return (
        f"{type(error).__name__}: {error.message}"
        if isinstance(error, TraceFlowError)
        else type(error).__name__
    )


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
