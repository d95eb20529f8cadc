from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from traceflow.datasets.store import migrate as migrations
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.migrate import migrate
from traceflow.datasets.store.overview_store import OverviewStore
from traceflow.datasets.store.partitions import ensure_partitions
from traceflow.datasets.store.session_store import SessionStore
from traceflow.datasets.store.settings import StoreSettings
from traceflow.models.detection.place import NOWHERE
from traceflow.models.enrichment.client import UNKNOWN
from traceflow.models.session.key import SessionKey
from traceflow.models.session.listing import SessionFacets, SessionQuery
from traceflow.models.session.overview import Period

pytestmark = pytest.mark.integration

KEY = SessionKey(tenant_id="old", project_id="shop", session_id="s-1")
VERSIONS = Path(migrations.__file__).parent / "migrations" / "versions"

ROWS = """
    INSERT INTO tenants (tenant_id) VALUES ('old');
    INSERT INTO projects (tenant_id, project_id) VALUES ('old', 'shop');
    INSERT INTO sessions (
        tenant_id, project_id, session_id, state, revision, started_at_ms, ended_at_ms, first_arrival,
        opened_at, last_arrival, windows, events, errors, frustration_score, frustration_parts,
        signal_counts, pages, masked, visitor, sdk, wrapped_key, sampling_probability, sampling_reason
    ) VALUES (
        'old', 'shop', 's-1', 'closed', 1, 1000, 2000, now(),
        now(), now(), 1, 5, 1, 35, '[]',
        '{"rage_click": 1}', '["https://a/"]', '{}', '{"anonymous_id":"a"}', 'web/1', '\\x00', 1, 'everything'
    );
    INSERT INTO signals
        SELECT tenant_id, project_id, session_id, first_arrival, 0, 'x', 'rage_click', 1500, 'r', '[]'
        FROM sessions;
    INSERT INTO events
        SELECT tenant_id, project_id, session_id, first_arrival, 'w1', 0, 0, 1500, 'error', 'boom'
        FROM sessions;
"""


@pytest.fixture
def old_database(store_settings: StoreSettings, superuser_url: str) -> StoreSettings:
    """A database as the first migration left it, with a partition and a session of that time."""
    assert store_settings.owner_url is not None
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS before WITH (FORCE)")
        connection.execute("CREATE DATABASE before OWNER traceflow_owner")
    app_url, owner_url = (
        SecretStr(url.get_secret_value().removesuffix("/traceflow") + "/before")
        for url in (store_settings.url, store_settings.owner_url)
    )
    settings = StoreSettings(url=app_url, owner_url=owner_url)
    with psycopg.connect(owner_url.get_secret_value().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute((VERSIONS / "v0001_backbone.sql").read_text())
        connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    ensure_partitions(settings, now=datetime.now(UTC))
    with psycopg.connect(superuser_url.removesuffix("/traceflow") + "/before", autocommit=True) as connection:
        connection.execute(ROWS)
    return settings


async def test_rows_from_before_stay_valid_and_know_nothing(old_database: StoreSettings) -> None:
    migrate(old_database)

    database = Database(old_database)
    sessions, project = SessionStore(database), {"tenant_id": "old", "project_id": "shop"}
    session = await sessions.session(KEY)
    (signal,) = await sessions.signals(KEY)
    facets = await sessions.facets(**project, query=SessionQuery())
    overview = await OverviewStore(database).overview(**project, period=Period())
    await database.close()
    assert (session.client, session.timeline, session.visitor) == (UNKNOWN, (), b'{"anonymous_id":"a"}')
    assert signal.place == NOWHERE
    assert facets == SessionFacets()
    assert (overview.sessions, overview.sessions_with_signals, overview.errors) == (1, 1, ())
    (problem,) = overview.problems
    assert (problem.kind, problem.page, problem.element, problem.signals) == ("rage_click", None, None, 1)


async def test_partitions_from_before_have_the_columns_and_indexes_of_their_table(
    old_database: StoreSettings, superuser_url: str
) -> None:
    migrate(old_database)
    made = ensure_partitions(old_database, now=datetime(2040, 1, 1, tzinfo=UTC))

    with psycopg.connect(superuser_url.removesuffix("/traceflow") + "/before") as connection:
        lacking = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid"
            " WHERE c.relname LIKE 'signals%' AND c.relkind = 'r'"
            " AND (SELECT count(*) FROM pg_index x WHERE x.indrelid = c.oid) <> 3"
        ).fetchall()
    assert "signals_2040_01" in made
    assert lacking == []
