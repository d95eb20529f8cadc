"""A PostgreSQL of the tests, started once; loaded by the conftest files of the folders that need it."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from traceflow.cluster.embedded.data_dir import data_dir_at
from traceflow.cluster.embedded.ports import PortBook
from traceflow.cluster.embedded.postgres import EmbeddedPostgres
from traceflow.cluster.embedded.secret_files import ServicePasswords, prepare_secrets
from traceflow.datasets.store.migrate import migrate
from traceflow.datasets.store.partitions import ensure_partitions
from traceflow.datasets.store.settings import StoreSettings


@pytest.fixture(scope="session")
def service_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop that services live in over all tests, each of which has its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="session")
def postgres_passwords() -> ServicePasswords:
    return ServicePasswords(postgres_superuser="root", postgres_owner="owner", postgres_app="app", redis="")


@pytest.fixture(scope="session")
def postgres_server(
    service_loop: asyncio.AbstractEventLoop, postgres_passwords: ServicePasswords
) -> Iterator[EmbeddedPostgres]:
    # Not pytest's own folder: PostgreSQL's user could not enter it.
    place = Path(tempfile.mkdtemp(prefix="tf-store-", dir="/tmp"))
    place.chmod(0o755)
    data_dir = data_dir_at(place / "data")
    data_dir.prepare()
    prepare_secrets(data_dir)
    port = PortBook(data_dir.ports, rng=Random()).claim("postgres")
    server = EmbeddedPostgres(data_dir=data_dir, port=port, passwords=postgres_passwords)
    try:
        asyncio.run_coroutine_threadsafe(server.start(), service_loop).result(timeout=120)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), service_loop).result(timeout=60)
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def store_settings(postgres_server: EmbeddedPostgres) -> StoreSettings:
    """A migrated database with this month's partitions."""
    settings = StoreSettings(
        url=SecretStr(postgres_server.app_url), owner_url=SecretStr(postgres_server.owner_url)
    )
    migrate(settings)
    ensure_partitions(settings, now=datetime.now(UTC))
    return settings


@pytest.fixture(scope="session")
def superuser_url(postgres_server: EmbeddedPostgres, postgres_passwords: ServicePasswords) -> str:
    return f"postgresql://postgres:{postgres_passwords.postgres_superuser}@127.0.0.1:{postgres_server.port}/traceflow"
