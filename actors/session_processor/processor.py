"""Hops 5 and 6. The actor that owns shards: a loop per shard, and one that starts due analyses."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from traceflow.actors.session_processor.settings import ProcessorSettings
from traceflow.actors.session_processor.shard_worker import ShardDependencies, ShardWorker
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.object_stores import open_object_store
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.datasets.store.analysis_store import PostgresAnalysisStore
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.streams.redis_connection import StreamSettings, connect, shard_of
from traceflow.datasets.streams.redis_feed import RedisFeed
from traceflow.datasets.streams.redis_presence import RedisPresence
from traceflow.datasets.streams.redis_shard import RedisShard
from traceflow.datasets.vault.root_key import read_root_key
from traceflow.datasets.vault.tenant_keys import StoredTenantKeys
from traceflow.models.detection.profile import PROFILES
from traceflow.models.errors import Unavailable
from traceflow.models.ports import WorkflowStarter

log = structlog.get_logger()

COMPONENT = "session_processor"
# Sessions are scored with this profile (ARCHITECTURE section 6, Detect).
_PROFILE = "default"
_DUE_EVERY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorConfiguration:
    """What an actor needs to build its adapters, in its own process. ``number`` counts from 0."""

    number: int
    version: str
    processor: ProcessorSettings
    store: StoreSettings
    stream: StreamSettings
    archive: ArchiveSettings
    root_key_file: Path
    build_starter: Callable[[], WorkflowStarter]


class SessionProcessor:
    """Runs until told to stop; a restarted one goes on where the last one ended."""

    def __init__(self, configuration: ProcessorConfiguration) -> None:
        self._configuration = configuration
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Work all shards of this actor."""
        configuration = self._configuration
        self._stop.clear()
        redis = connect(configuration.stream)
        database = Database(configuration.store)
        due = asyncio.Event()
        presence = asyncio.create_task(
            RedisPresence(redis).announce(COMPONENT, version=configuration.version)
        )
        try:
            async with asyncio.TaskGroup() as group:
                for shard in self._own_shards():
                    worker = ShardWorker(self._dependencies(shard, database, due))
                    group.create_task(worker.run(self._stop))
                group.create_task(self._start_due_analyses(PostgresAnalysisStore(database), due))
        finally:
            presence.cancel()
            await redis.aclose()
            await database.close()

    async def stop(self) -> None:
        """Have ``run`` finish the flush under way and return."""
        self._stop.set()

    def _own_shards(self) -> list[int]:
        actors = self._configuration.processor.actors
        return [
            n for n in range(self._configuration.stream.shards) if n % actors == self._configuration.number
        ]

    def _dependencies(self, shard: int, database: Database, due: asyncio.Event) -> ShardDependencies:
        configuration = self._configuration
        # A connection of its own: a blocking read would hold up the others.
        redis = connect(configuration.stream)
        keys = StoredTenantKeys(database, root_key=read_root_key(configuration.root_key_file))
        cipher = SessionCipher(keys)
        return ShardDependencies(
            shard=RedisShard(redis, shard=shard, consumer=f"processor-{configuration.number}"),
            store=ShardStore(database),
            archive=RecordingArchive(open_object_store(configuration.archive), cipher),
            cipher=cipher,
            feed=RedisFeed(redis),
            profile=PROFILES[_PROFILE],
            settings=configuration.processor,
            owns=lambda session: shard_of(session, configuration.stream.shards) == shard,
            now_ms=lambda: time.time_ns() // 1_000_000,
            on_analysis_due=due.set,
        )

    async def _start_due_analyses(self, store: PostgresAnalysisStore, due: asyncio.Event) -> None:
        """Start what the rows say is due: a crash between a close and its analysis loses none."""
        starter = self._configuration.build_starter()
        while not self._stop.is_set():
            due.clear()
            try:
                for analysis in await store.due_analyses():
                    workflow_id = await starter.start_session_analysis(
                        analysis.session, revision=analysis.revision
                    )
                    await store.mark_analysis_started(
                        analysis.session, revision=analysis.revision, workflow_id=workflow_id
                    )
            except Unavailable as error:
                log.warning("analyses_wait", reason=error.code)
                await asyncio.sleep(_DUE_EVERY_S)
            await self._due_or_time(due)

    async def _due_or_time(self, due: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(_DUE_EVERY_S):
                await due.wait()
        except TimeoutError:
            return
