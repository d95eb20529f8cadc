import asyncio
import socket
import time
from collections.abc import Iterator

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.migrate import migrate
from traceflow.datasets.store.settings import StoreSettings
from traceflow.models.errors import Misconfigured, StoreUnavailable

pytestmark = pytest.mark.integration


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_at(port: int) -> StoreSettings:
    url = SecretStr(f"postgresql://traceflow_app:app@127.0.0.1:{port}/traceflow")
    return StoreSettings(url=url, owner_url=url, connect_timeout_s=2)


async def test_the_bound_role_passes_the_check(database: Database) -> None:
    await database.check_role()


async def test_a_superuser_is_refused(superuser_url: str, store_settings: StoreSettings) -> None:
    database = Database(store_settings.model_copy(update={"url": SecretStr(superuser_url)}))

    with pytest.raises(Misconfigured, match="superuser"):
        await database.check_role()

    await database.close()


async def test_the_owner_of_the_tables_is_refused(store_settings: StoreSettings) -> None:
    database = Database(store_settings.model_copy(update={"url": store_settings.owner_url}))

    with pytest.raises(Misconfigured, match="owns tables"):
        await database.check_role()

    await database.close()


@pytest.mark.parametrize(
    ("rights", "reason"), [("BYPASSRLS", "BYPASSRLS"), ("IN ROLE traceflow_owner", "owns tables")]
)
async def test_a_role_with_a_way_past_row_level_security_is_refused(
    superuser_url: str, store_settings: StoreSettings, rights: str, reason: str
) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE passing LOGIN PASSWORD 'passing' {rights}")
        connection.execute("GRANT CONNECT ON DATABASE traceflow TO passing")
    url = superuser_url.replace("postgres:root@", "passing:passing@")
    database = Database(store_settings.model_copy(update={"url": SecretStr(url)}))

    try:
        with pytest.raises(Misconfigured, match=reason):
            await database.check_role()
    finally:
        await database.close()
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            connection.execute("DROP OWNED BY passing")
            connection.execute("DROP ROLE passing")


async def test_a_database_that_is_down_is_unavailable(closed_port: int) -> None:
    database = Database(settings_at(closed_port))

    with pytest.raises(StoreUnavailable):
        await database.ping()

    await database.close()


async def test_a_database_that_never_answers_is_unavailable_within_seconds(silent_port: int) -> None:
    database = Database(settings_at(silent_port))
    started = time.monotonic()

    with pytest.raises(StoreUnavailable):
        await database.ping()

    assert time.monotonic() - started < 6
    await database.close()


def test_migrating_a_database_that_is_down_is_unavailable(closed_port: int) -> None:
    with pytest.raises(StoreUnavailable):
        migrate(settings_at(closed_port))


async def test_a_wrong_password_is_unavailable_and_tells_nothing(store_settings: StoreSettings) -> None:
    url = store_settings.url.get_secret_value().replace(":app@", ":not-the-password@")
    database = Database(StoreSettings(url=SecretStr(url)))

    with pytest.raises(StoreUnavailable) as refused:
        await database.ping()

    assert "not-the-password" not in str(refused.value)
    await database.close()


async def test_an_exhausted_pool_is_unavailable(store_settings: StoreSettings) -> None:
    database = Database(
        store_settings.model_copy(update={"pool_size": 1, "max_overflow": 0, "pool_timeout_s": 0.1})
    )

    async with database.service_transaction():
        with pytest.raises(StoreUnavailable):
            await database.ping()

    await database.close()


async def test_a_statement_over_its_time_is_unavailable(store_settings: StoreSettings) -> None:
    database = Database(store_settings.model_copy(update={"statement_timeout_s": 0.1}))

    with pytest.raises(StoreUnavailable):
        async with database.service_transaction() as connection:
            await connection.execute(text("SELECT pg_sleep(5)"))

    await database.ping()
    await database.close()


async def test_a_transaction_over_its_time_is_unavailable(store_settings: StoreSettings) -> None:
    database = Database(store_settings.model_copy(update={"transaction_timeout_s": 0.2}))

    with pytest.raises(StoreUnavailable):
        async with database.service_transaction():
            await asyncio.sleep(5)

    await database.ping()
    await database.close()


async def test_a_connection_that_the_server_ended_is_unavailable_once(
    database: Database, superuser_url: str
) -> None:
    async def lose_the_connection() -> None:
        async with database.service_transaction() as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar()
            with psycopg.connect(superuser_url) as superuser:
                superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
            await connection.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        await lose_the_connection()

    await database.ping()


async def test_idle_connections_that_the_server_ended_are_noticed_before_use(
    database: Database, superuser_url: str
) -> None:
    await database.ping()
    with psycopg.connect(superuser_url) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'traceflow_app'"
        )

    await database.ping()


def test_a_url_of_another_database_is_misconfigured() -> None:
    for url in ("mysql://a@b/c", "nonsense", "postgresql://"):
        settings = StoreSettings(url=SecretStr(url), owner_url=SecretStr(url))
        with pytest.raises(Misconfigured):
            migrate(settings)


async def test_a_snapshot_does_not_see_what_is_written_meanwhile(database: Database, tenant_id: str) -> None:
    count = text("SELECT count(*) FROM projects")
    insert = text("INSERT INTO projects (tenant_id, project_id, created_at) VALUES (:tenant, 'late', now())")

    async with database.tenant_snapshot(tenant_id) as snapshot:
        before = (await snapshot.execute(count)).scalar_one()
        async with database.tenant_transaction(tenant_id) as other:
            await other.execute(insert, {"tenant": tenant_id})
        during = (await snapshot.execute(count)).scalar_one()
    async with database.tenant_transaction(tenant_id) as later:
        after = (await later.execute(count)).scalar_one()

    assert (during, after) == (before, before + 1)
