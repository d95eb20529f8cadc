from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import NullPool, create_engine, inspect, text

from traceflow.datasets.store.database import driver_url
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.datasets.store.migrate import GRANTS, migrate
from traceflow.datasets.store.partitions import ensure_partitions
from traceflow.datasets.store.session_store import SessionStore
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.store.tables import METADATA
from traceflow.models.errors import Misconfigured

pytestmark = pytest.mark.integration

TABLES_OF_TENANTS = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, coalesce(c.relacl::text, ''),
           (SELECT count(*) FROM pg_policies p WHERE p.tablename = c.relname AND p.schemaname = 'public')
    FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
"""


@pytest.fixture
def catalogue(
    superuser_url: str, store_settings: StoreSettings
) -> list[tuple[str, bool, bool, bool, str, int]]:
    assert store_settings.owner_url is not None
    with psycopg.connect(superuser_url) as connection:
        return connection.execute(TABLES_OF_TENANTS).fetchall()


def test_every_table_and_partition_with_a_tenant_forces_row_level_security(
    catalogue: list[tuple[str, bool, bool, bool, str, int]],
) -> None:
    unprotected = [
        name for name, enabled, forced, _, _, policies in catalogue if not (enabled and forced and policies)
    ]

    assert len(catalogue) > 20
    assert unprotected == []


def test_no_partition_is_granted_to_anybody_but_its_owner(
    catalogue: list[tuple[str, bool, bool, bool, str, int]],
) -> None:
    partitions = [(name, grants) for name, _, _, is_partition, grants, _ in catalogue if is_partition]

    assert len(partitions) >= 15
    assert [name for name, grants in partitions if "traceflow_app" in grants] == []


def test_every_view_runs_as_its_caller(superuser_url: str, store_settings: StoreSettings) -> None:
    assert store_settings.url
    with psycopg.connect(superuser_url) as connection:
        views = connection.execute(
            "SELECT relname FROM pg_class"
            " WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
            " AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)"
        ).fetchall()

    assert views == []


def test_the_tables_that_queries_see_are_the_ones_that_migrations_make(store_settings: StoreSettings) -> None:
    assert store_settings.owner_url is not None
    engine = create_engine(driver_url(store_settings.owner_url), poolclass=NullPool)
    inspector = inspect(engine)

    assert set(GRANTS) == set(METADATA.tables)
    for table in METADATA.tables.values():
        made = {
            column["name"]: column["type"].compile(dialect=engine.dialect)
            for column in inspector.get_columns(table.name)
        }
        seen = {column.name: column.type.compile(dialect=engine.dialect) for column in table.columns}
        assert seen == made
        made_key = set(inspector.get_pk_constraint(table.name)["constrained_columns"])
        assert {column.name for column in table.primary_key} == made_key


def test_migrating_and_partitioning_again_changes_nothing(store_settings: StoreSettings) -> None:
    migrate(store_settings)

    assert ensure_partitions(store_settings, now=datetime.now(UTC)) == ()


def test_processes_that_start_at_once_migrate_a_new_database_one_after_the_other(
    store_settings: StoreSettings, superuser_url: str
) -> None:
    assert store_settings.owner_url is not None
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE fresh OWNER traceflow_owner")
    app_url, owner_url = (
        SecretStr(url.get_secret_value().removesuffix("/traceflow") + "/fresh")
        for url in (store_settings.url, store_settings.owner_url)
    )
    fresh = StoreSettings(url=app_url, owner_url=owner_url)

    with ThreadPoolExecutor() as pool:
        list(pool.map(migrate, [fresh] * 3))
        made = list(pool.map(lambda _: ensure_partitions(fresh, now=datetime.now(UTC)), range(3)))

    assert sorted(len(names) for names in made) == [0, 0, 12]


def test_partitions_reach_over_the_turn_of_the_year(store_settings: StoreSettings) -> None:
    made = ensure_partitions(store_settings, now=datetime(2031, 11, 30, 23, 59, tzinfo=UTC))

    assert {name for name in made if name.startswith("signals")} == {
        "signals_2031_11",
        "signals_2031_12",
        "signals_2032_01",
        "signals_2032_02",
    }


async def test_rows_that_came_before_their_partition_move_into_it(
    store_settings: StoreSettings, superuser_url: str, database: object, make: Any
) -> None:
    record = make.record(
        first_arrival_ms=int(datetime(2035, 3, 31, 23, 59, 59, tzinfo=UTC).timestamp() * 1000)
    )
    await ShardStore(database).flush(make.batch(SessionFlush(record=record, signals=(make.signal(),))))

    ensure_partitions(store_settings, now=datetime(2035, 3, 1, tzinfo=UTC))

    assert len(await SessionStore(database).signals(record.session)) == 1
    with psycopg.connect(superuser_url) as connection:
        moved = connection.execute(
            "SELECT tableoid::regclass::text FROM signals WHERE tenant_id = %s", [record.session.tenant_id]
        ).fetchall()
        forced = connection.execute(
            "SELECT relforcerowsecurity FROM pg_class WHERE relname IN ('signals_default', 'signals_2035_03')"
        ).fetchall()
    assert moved == [("signals_2035_03",)]
    assert forced == [(True,), (True,)]


def test_migrating_without_an_owner_is_misconfigured(store_settings: StoreSettings) -> None:
    with pytest.raises(Misconfigured, match="owner_url"):
        migrate(StoreSettings(url=store_settings.url))


def test_the_bound_role_cannot_migrate(store_settings: StoreSettings) -> None:
    with pytest.raises(Misconfigured):
        migrate(StoreSettings(url=store_settings.url, owner_url=store_settings.url))


def test_the_owner_itself_sees_no_tenant_of_others(store_settings: StoreSettings) -> None:
    owner = store_settings.owner_url or SecretStr("")
    engine = create_engine(driver_url(owner), poolclass=NullPool)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sessions")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM signals_default")).scalar() == 0
