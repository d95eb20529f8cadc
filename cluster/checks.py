"""What ``doctor`` asks beside the machine: external services, the running parts, and the secrets' modes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from traceflow.cluster.embedded.checks import Check
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.settings import Settings
from traceflow.datasets.archive.object_stores import open_object_store
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.streams.redis_connection import StreamSettings, connect, redis_errors
from traceflow.models.errors import TraceFlowError
from traceflow.workflows.client import connect as connect_temporal
from traceflow.workflows.settings import WorkflowSettings

_OTHERS = 0o077
# Nothing is read or written by this key: the probe only connects.
_NO_KEY = bytes(32)


async def check_external(settings: Settings) -> list[Check]:
    """Ask each external service as its users would."""
    probes: list[tuple[str, str, Callable[[], Awaitable[None]]]] = []
    if settings.store is not None:
        store = settings.store
        probes.append(("external PostgreSQL", "TRACEFLOW_STORE__URL", lambda: _ask_store(store)))
    if settings.stream is not None:
        stream = settings.stream
        probes.append(("external Redis", "TRACEFLOW_STREAM__URL", lambda: _ask_stream(stream)))
    if settings.workflow is not None:
        workflow = settings.workflow
        probes.append(("external Temporal", "TRACEFLOW_WORKFLOW__ADDRESS", lambda: _ask_temporal(workflow)))
    if settings.archive is not None:
        archive = settings.archive
        probes.append(("object store", "TRACEFLOW_ARCHIVE__ENDPOINT", lambda: _ask_archive(archive)))
    return list(await asyncio.gather(*(_probe(*probe) for probe in probes)))


def check_running(states: Iterable[tuple[str, str]]) -> list[Check]:
    """Tell for each part of a running stack, by name and state, whether it is at work."""
    return [
        Check(
            name=name,
            is_ok=state in {"running", "external"},
            detail=state,
            fix="the supervisor restarts it; if it stays so, read logs/ in the data directory",
        )
        for name, state in states
    ]


def check_secrets(place: DataDir) -> list[Check]:
    """Tell whether only their owner can read the secrets that are there."""
    files = [place.root_key, place.secrets, place.ray_token, place.keys]
    return [
        Check(
            name=file.name,
            is_ok=not file.stat().st_mode & _OTHERS,
            detail=f"mode {file.stat().st_mode & 0o777:04o}",
            fix=f"chmod 600 {file}",
        )
        for file in files
        if file.exists()
    ]


async def _probe(name: str, variable: str, ask: Callable[[], Awaitable[None]]) -> Check:
    try:
        await ask()
    except TraceFlowError as error:
        return Check(name=name, is_ok=False, detail=error.message, fix=f"start it, or correct {variable}")
    return Check(name=name, is_ok=True, detail="answers")


async def _ask_store(settings: StoreSettings) -> None:
    database = Database(settings)
    try:
        await database.check_role()
    finally:
        await database.close()


async def _ask_stream(settings: StreamSettings) -> None:
    redis = connect(settings)
    try:
        with redis_errors():
            await redis.ping()
    finally:
        await redis.aclose()


async def _ask_temporal(settings: WorkflowSettings) -> None:
    await connect_temporal(settings, payload_key=_NO_KEY)


async def _ask_archive(settings: ArchiveSettings) -> None:
    async for _ in open_object_store(settings).list_keys("recordings/"):
        return
