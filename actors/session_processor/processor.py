"""Hops 5 and 6. The actor that owns shards: a loop per shard, and one that starts due analyses."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path

import structlog
from redis.asyncio import Redis

from traceflow.actors.session_processor.fault import NOBODYS_FAULT, described
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
from traceflow.models.ports import WorkflowStarter
from traceflow.models.session.session import DueAnalysis

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
        self._at_work = asyncio.Lock()

    async def run(self) -> None:
        """Work all shards of this actor; called again while it works, wait for that to end first."""
        async with self._at_work:
            self._stop.clear()
            async with AsyncExitStack() as resources:
                await self._run(resources)

    async def stop(self) -> None:
        """Have ``run`` finish the flush under way; return when it has."""
        self._stop.set()
        async with self._at_work:
            return

    async def _run(self, resources: AsyncExitStack) -> None:
        configuration = self._configuration
        database = Database(configuration.store)
        resources.push_async_callback(database.close)
        redis = await resources.enter_async_context(aclosing(connect(configuration.stream)))
        presence = RedisPresence(redis).announce(COMPONENT, version=configuration.version)
        due = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            announcing = group.create_task(presence)
            workers = [
                group.create_task(
                    ShardWorker(self._dependencies(shard, redis, database, due)).run(self._stop)
                )
                for shard, redis in await self._connections(resources)
            ]
            starting = group.create_task(self._start_due_analyses(PostgresAnalysisStore(database), due))
            await asyncio.wait([*workers, starting])
            announcing.cancel()

    async def _connections(self, resources: AsyncExitStack) -> list[tuple[int, Redis]]:
        # One of its own for each shard: a blocking read would hold up the others.
        return [
            (shard, await resources.enter_async_context(aclosing(connect(self._configuration.stream))))
            for shard in self._own_shards()
        ]

    def _own_shards(self) -> list[int]:
        actors = self._configuration.processor.actors
        return [
            n for n in range(self._configuration.stream.shards) if n % actors == self._configuration.number
        ]

    def _dependencies(
        self, shard: int, redis: Redis, database: Database, due: asyncio.Event
    ) -> ShardDependencies:
        configuration = self._configuration
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
                    await self._start_analysis(starter, store, analysis)
            except NOBODYS_FAULT as error:
                log.warning("analyses_wait", reason=error.code, detail=error.message)
            except Exception as error:  # the loop that must not die; the row still says that it is due
                log.error("analyses_failed", error=described(error))
            await self._due_or_time(due)

    async def _start_analysis(
        self, starter: WorkflowStarter, store: PostgresAnalysisStore, analysis: DueAnalysis
    ) -> None:
        try:
            workflow_id = await starter.start_session_analysis(analysis.session, revision=analysis.revision)
        except NOBODYS_FAULT:
            raise
        except Exception as error:  # one that cannot be started holds up no other
            log.error("analysis_not_started", error=described(error))
            return
        await store.mark_analysis_started(
            analysis.session, revision=analysis.revision, workflow_id=workflow_id
        )

    async def _due_or_time(self, due: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(_DUE_EVERY_S):
                await due.wait()
        except TimeoutError:
            return
