import asyncio
import hashlib
import importlib.util
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from traceflow.actors.session_processor.settings import ProcessorSettings
from traceflow.actors.session_processor.shard_worker import ShardDependencies, ShardWorker
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.memory_object_store import MemoryObjectStore
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import FlushBatch
from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.ledger_store import LedgerStore
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.streams.memory_feed import MemoryFeed
from traceflow.datasets.streams.redis_connection import DEAD, StreamSettings, connect, shard_key
from traceflow.datasets.streams.redis_gauge import RedisGauge
from traceflow.datasets.streams.redis_shard import RedisShard
from traceflow.datasets.streams.redis_stream import RedisStream
from traceflow.datasets.vault.memory_tenant_keys import MemoryTenantKeys
from traceflow.models.access.scope import Scope
from traceflow.models.detection.profile import PROFILES
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.recording.frame import read_frames
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionRecord

_PATH = Path(__file__).parents[3] / "redis_service.py"
_SPEC = importlib.util.spec_from_file_location("redis_service", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_SERVICE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SERVICE)

redis_server = _SERVICE.redis_server
own_redis_server = _SERVICE.own_redis_server
stream_settings = _SERVICE.stream_settings
redis = _SERVICE.redis
make_envelope = _SERVICE.make_envelope

_POSTGRES_PATH = _PATH.with_name("postgres_service.py")
_POSTGRES_SPEC = importlib.util.spec_from_file_location("postgres_service", _POSTGRES_PATH)
assert _POSTGRES_SPEC is not None
assert _POSTGRES_SPEC.loader is not None
_POSTGRES = importlib.util.module_from_spec(_POSTGRES_SPEC)
_POSTGRES_SPEC.loader.exec_module(_POSTGRES)

service_loop = _POSTGRES.service_loop
postgres_passwords = _POSTGRES.postgres_passwords
postgres_server = _POSTGRES.postgres_server
store_settings = _POSTGRES.store_settings

Fault = Callable[[], None]


class FaultyStore(ShardStore):
    """The real store; ``before`` and ``after`` are called around each commit and may raise."""

    before: Fault | None = None
    after: Fault | None = None

    async def flush(self, batch: FlushBatch) -> None:
        if self.before is not None:
            self.before()
        await super().flush(batch)
        if self.after is not None:
            self.after()


class FaultyObjects(MemoryObjectStore):
    """The memory twin; ``before`` is called before each write and may raise."""

    before: Fault | None = None

    async def put(self, object_key: str, content: bytes) -> None:
        if self.before is not None:
            self.before()
        await super().put(object_key, content)


class World:
    """One shard with everything around it: real Redis, real PostgreSQL, a clock that stands."""

    def __init__(
        self, *, tenant_id: str, settings: StreamSettings, redis: Redis, database: Database, make: Any
    ) -> None:
        self.tenant_id = tenant_id
        self.now_ms = time.time_ns() // 1_000_000
        self.redis = redis
        self.stream = RedisStream(settings, redis)
        self.gauge = RedisGauge(settings, redis)
        self.store = FaultyStore(database)
        self.objects = FaultyObjects()
        self.feed = MemoryFeed()
        self.due = 0
        self.settings = ProcessorSettings(flush_after_s=0.05)
        self._make = make
        self._database = database
        self._stream_settings = settings
        self._cipher = SessionCipher(MemoryTenantKeys())
        self._archive = RecordingArchive(self.objects, self._cipher)

    def envelope(self, segment_id: int = 0, **fields: Any) -> Envelope:
        """Events that say their place; what a test does not name is ordinary."""
        place = f"{fields.get('session_id', 's1')}/{fields.get('window_id', 'w1')}/{segment_id}"
        events = [
            {"type": 3, "timestamp": self.now_ms + segment_id * 100 + n, "data": {"source": 99, "at": place}}
            for n in range(3)
        ]
        given = {"events": events, "received_at_ms": self.now_ms, "content_hash": sha256_16(place)} | fields
        return self._make(segment_id, tenant_id=self.tenant_id, **given)

    async def append(self, *envelopes: Envelope) -> None:
        await asyncio.gather(*map(self.stream.append, envelopes))

    def worker(self) -> ShardWorker:
        # A worker after a crash has a connection of its own, as a new process has.
        return ShardWorker(
            ShardDependencies(
                shard=RedisShard(connect(self._stream_settings), shard=0, consumer="processor-0"),
                store=self.store,
                archive=self._archive,
                cipher=self._cipher,
                feed=self.feed,
                profile=PROFILES["default"],
                settings=self.settings,
                owns=lambda session: session.tenant_id == self.tenant_id,
                now_ms=lambda: self.now_ms,
                on_analysis_due=self._note_due,
            )
        )

    def _note_due(self) -> None:
        self.due += 1

    @asynccontextmanager
    async def at_work(self, workers: int = 1) -> AsyncIterator[None]:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(self.worker().run(stop)) for _ in range(workers)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def settled(self) -> None:
        """Wait until nothing is in flight and every count is in the ledger."""
        async with asyncio.timeout(30):
            while not await self._is_settled():  # noqa: ASYNC110 - what is outside cannot set an event
                await asyncio.sleep(0.02)

    async def _is_settled(self) -> bool:
        counts = await self.redis.exists(shard_key(0, "ledger"), shard_key(0, "ledger_draining"))
        return not counts and not await self.gauge.lag()

    async def work_off(self) -> None:
        async with self.at_work():
            await self.settled()

    async def session(self, session_id: str = "s1") -> SessionRecord:
        key = self.key(session_id)
        return (await self.store.load_sessions([key]))[key]

    def key(self, session_id: str) -> SessionKey:
        return SessionKey(tenant_id=self.tenant_id, project_id="shop", session_id=session_id)

    async def stored(self, *session_ids: str) -> set[tuple[str, str, int, bytes]]:
        """The segments whose row and whose frame say the same."""
        found: set[tuple[str, str, int, bytes]] = set()
        keys = [self.key(session_id) for session_id in session_ids]
        records = await self.store.load_sessions(keys)
        for key, entries in (await self.store.load_segments(keys)).items():
            frames = self._archive.read(key, wrapped_key=records[key].wrapped_key, entries=entries)
            lines = [json.loads(line) async for piece in frames for line in read_frames(piece)]
            held = [(line["window_id"], line["segment_id"]) for line in lines]
            for entry in entries:
                assert held.count((entry.window_id, entry.segment_id)) == entry.events
                found.add((key.session_id, entry.window_id, entry.segment_id, entry.content_hash))
        return found

    async def ledger(self) -> dict[str, int]:
        """The counts by outcome and reason; with what was received, which is the sum of all."""
        ledger = await LedgerStore(self._database).ledger(tenant_id=self.tenant_id, project_id="shop")
        in_flight = await self.gauge.in_flight(tenant_id=self.tenant_id, project_id="shop")
        assert ledger.received == sum(count.segments for count in ledger.counts) + in_flight
        return {f"{count.outcome}/{count.reason}": count.segments for count in ledger.counts}

    async def dead_letters(self) -> list[dict[str, str]]:
        found = await self.redis.xrange(DEAD)
        return [
            {name.decode(): value.decode(errors="replace") for name, value in fields.items()}
            for _, fields in found
        ]


def sha256_16(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


@pytest.fixture
async def world(
    stream_settings: StreamSettings, redis: Redis, store_settings: StoreSettings, make_envelope: Any
) -> AsyncIterator[World]:
    database = Database(store_settings)
    tenant_id = f"t-{uuid.uuid4().hex[:10]}"
    await KeyStore(database).create_key(
        tenant_id=tenant_id, project_id="shop", scope=Scope.READ, now=datetime.now(UTC)
    )
    settings = stream_settings.model_copy(update={"shards": 1})
    yield World(tenant_id=tenant_id, settings=settings, redis=redis, database=database, make=make_envelope)
    await database.close()
