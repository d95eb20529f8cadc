"""What each deployment and actor builds inside its own process: adapters, behind the ports they serve.

Plain classes: ``cluster/wiring.py`` makes deployments and actors of them.
"""

import asyncio
import secrets
import time
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

from traceflow.actors.session_processor.processor import ProcessorConfiguration, SessionProcessor
from traceflow.cluster.process_start import prepare_process
from traceflow.cluster.settings import StackSettings
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.event_lookup import ArchiveEventLookup
from traceflow.datasets.archive.object_stores import open_object_store
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.store.analysis_store import PostgresAnalysisStore
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.ledger_store import LedgerStore
from traceflow.datasets.store.overview_store import OverviewStore
from traceflow.datasets.store.session_store import SessionStore
from traceflow.datasets.store.user_store import UserStore
from traceflow.datasets.store.view_store import ViewStore
from traceflow.datasets.streams.redis_connection import connect
from traceflow.datasets.streams.redis_feed import RedisFeed
from traceflow.datasets.streams.redis_gauge import RedisGauge
from traceflow.datasets.streams.redis_presence import RedisPresence
from traceflow.datasets.streams.redis_stream import RedisStream
from traceflow.datasets.vault.derivation import derive
from traceflow.datasets.vault.root_key import read_root_key
from traceflow.datasets.vault.tenant_keys import StoredTenantKeys
from traceflow.models.access.web_session import new_web_secret
from traceflow.models.llm.completion import Completion, CompletionRequest
from traceflow.models.ports import Completer, Redactor
from traceflow.models.quota.gcra import RateLimiter
from traceflow.serve.access import Authenticator, WebSessions
from traceflow.serve.api.build import build_api
from traceflow.serve.api.dependencies import ApiDependencies
from traceflow.serve.ingest.app import IngestApp, IngestDependencies
from traceflow.serve.ingest.large_body import LargeBodyWorkers, open_processes
from traceflow.serve.ingest.tuning import tune_process
from traceflow.serve.neurorouter.build import build_router
from traceflow.serve.web_files.reader import DASHBOARD_FILES, SDK_FILES, WebFiles
from traceflow.workflows.activities.session_analysis import SessionAnalysisActivities
from traceflow.workflows.starter import TemporalStarter
from traceflow.workflows.worker import run_worker

NEUROROUTER = "neurorouter"
PAYLOAD_LABEL = "workflow_payload"


def payload_key(settings: StackSettings) -> bytes:
    """Return the key that Temporal's payloads are encrypted under: one for the installation."""
    return derive(read_root_key(settings.root_key_file), label=PAYLOAD_LABEL)


def build_starter(settings: StackSettings) -> TemporalStarter:
    """Return what starts analyses; it connects at the first start."""
    return TemporalStarter(settings.workflow, payload_key=payload_key(settings))


def announce(settings: StackSettings, component: str) -> "asyncio.Task[None]":
    """Tell every few seconds that this process runs the component; keep the task."""
    presence = RedisPresence(connect(settings.stream))
    return asyncio.create_task(presence.announce(component, version=version("traceflow")))


def ingest_dependencies(settings: StackSettings, redactor: Redactor) -> IngestDependencies:
    """Return what ingest runs on, with adapters of its own; called in the process that takes segments."""
    database = Database(settings.store)
    return IngestDependencies(
        authenticator=Authenticator(KeyStore(database), clock=time.monotonic),
        tenant_keys=StoredTenantKeys(database, root_key=read_root_key(settings.root_key_file)),
        redactor=redactor,
        stream=RedisStream(settings.stream, connect(settings.stream)),
        rate_limiter=RateLimiter(settings.ingest.rate_limit()),
        large_bodies=LargeBodyWorkers(
            partial(open_processes, settings.ingest.large_body_workers),
            max_waiting=settings.ingest.large_bodies_waiting,
        ),
        sdk_files=WebFiles(SDK_FILES),
        now_ms=_now_ms,
        body_timeout_s=settings.ingest.body_timeout_s,
    )


class IngestReplica:
    """Hops 1 to 4 as a deployment."""

    async def __init__(self, settings: StackSettings, redactor: Redactor) -> None:  # type: ignore[misc]  # Serve awaits it
        prepare_process()
        self._ingest = IngestApp(ingest_dependencies(settings, redactor))
        self._presence = announce(settings, "ingest")
        tune_process()

    def __serve_build_asgi_app__(self) -> IngestApp:
        return self._ingest

    def straight_app(self) -> IngestApp:
        """Return the app for ``straight_ingest``."""
        return self._ingest


class ApiReplica:
    """Hop 11 as a deployment."""

    async def __init__(self, settings: StackSettings) -> None:  # type: ignore[misc]  # Serve awaits it
        prepare_process()
        database = Database(settings.store)
        redis = connect(settings.stream)
        tenant_keys = StoredTenantKeys(database, root_key=read_root_key(settings.root_key_file))
        gauge = RedisGauge(settings.stream, redis)
        keys = KeyStore(database)
        self._api = build_api(
            ApiDependencies(
                authenticator=Authenticator(keys, clock=time.monotonic),
                sessions=SessionStore(database),
                overview=OverviewStore(database),
                insights=PostgresAnalysisStore(database),
                recordings=RecordingArchive(open_object_store(settings.archive), SessionCipher(tenant_keys)),
                ledger=LedgerStore(database),
                gauge=gauge,
                workflows=build_starter(settings),
                feed=RedisFeed(redis),
                web_sessions=WebSessions(
                    UserStore(database),
                    clock=time.monotonic,
                    now=_now,
                    new_secret=partial(new_web_secret, choose=secrets.choice),
                ),
                keys=keys,
                views=ViewStore(database),
                presence=RedisPresence(redis),
                dashboard=WebFiles(DASHBOARD_FILES),
                replay_sources=settings.dashboard.replay_sources,
                now=_now,
                retention=settings.processor.retention,
                probes={"store": database.ping, "stream": gauge.lag},
                services={"postgres": database.ping, "redis": gauge.lag},
            ),
            version=version("traceflow"),
        )
        self._presence = announce(settings, "api")

    def __serve_build_asgi_app__(self) -> FastAPI:
        return self._api


class RouterReplica:
    """Hop 9 as a deployment, reached by handle."""

    async def __init__(self, settings: StackSettings) -> None:  # type: ignore[misc]  # Serve awaits it
        prepare_process()
        self._router = build_router(settings.llm)
        self._presence = announce(settings, NEUROROUTER)

    async def complete(self, request: CompletionRequest) -> Completion:
        """Answer a task."""
        return await self._router.complete(request)


class RouterHandle(Completer):
    """NeuroRouter behind its Serve handle, looked up at the first call."""

    def __init__(self) -> None:
        self._handle: DeploymentHandle[RouterReplica] | None = None

    async def complete(self, request: CompletionRequest) -> Completion:
        if self._handle is None:
            self._handle = serve.get_app_handle(NEUROROUTER)
        completion: Completion = await self._handle.complete.remote(request)
        return completion


class ShardProcessor(SessionProcessor):
    """Hops 5 and 6 as an actor."""

    def __init__(self, configuration: ProcessorConfiguration) -> None:
        prepare_process()
        super().__init__(configuration)


class WorkflowWorker:
    """Hops 8 to 10 as an actor."""

    def __init__(self, settings: StackSettings) -> None:
        prepare_process()
        self._settings = settings
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Work until told to stop."""
        self._stop.clear()
        settings = self._settings
        database = Database(settings.store)
        redis = connect(settings.stream)
        tenant_keys = StoredTenantKeys(database, root_key=read_root_key(settings.root_key_file))
        archive = RecordingArchive(open_object_store(settings.archive), SessionCipher(tenant_keys))
        activities = SessionAnalysisActivities(
            store=PostgresAnalysisStore(database),
            completer=RouterHandle(),
            events=ArchiveEventLookup(index=SessionStore(database), archive=archive),
            feed=RedisFeed(redis),
        )
        presence = announce(settings, "workflow_worker")
        try:
            await run_worker(
                settings.workflow,
                activities=activities.all(),
                payload_key=payload_key(settings),
                stop=self._stop,
            )
        finally:
            presence.cancel()
            await redis.aclose()
            await database.close()

    async def stop(self) -> None:
        """Have ``run`` return."""
        self._stop.set()


def _now() -> datetime:
    return datetime.now(UTC)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
