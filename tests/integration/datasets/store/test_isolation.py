from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.datasets.store.session_store import SessionStore
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.models.errors import Misconfigured, NotFound
from traceflow.models.session.listing import SessionQuery
from traceflow.models.session.session import SessionRecord

pytestmark = pytest.mark.integration

TABLES = (
    "projects", "api_keys", "sessions", "segments", "signals", "events", "insights", "usage", "ledger",
    "users", "sign_in_tokens", "web_sessions", "saved_views",
)  # fmt: skip


@pytest.fixture
async def stored(database: Database, make: Any) -> SessionRecord:
    record = make.record()
    flush = SessionFlush(record=record, signals=(make.signal(),), notable_events=(make.event(),))
    await ShardStore(database).flush(make.batch(flush))
    return record


@pytest.mark.parametrize("table", TABLES)
async def test_without_a_tenant_no_row_is_seen(database: Database, stored: SessionRecord, table: str) -> None:
    async with database.tenant_transaction(stored.session.tenant_id) as connection:
        own = await connection.execute(text("SELECT count(*) FROM sessions"))
        assert own.scalar() == 1

    async with database.service_transaction() as connection:
        assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar() == 0


@pytest.mark.parametrize("table", TABLES)
async def test_another_tenant_sees_no_row(database: Database, stored: SessionRecord, table: str) -> None:
    async with database.tenant_transaction("somebody-else") as connection:
        rows = await connection.execute(
            text(f"SELECT count(*) FROM {table} WHERE tenant_id = :owner"),
            {"owner": stored.session.tenant_id},
        )
        assert rows.scalar() == 0


async def test_another_tenant_can_neither_write_nor_change_nor_delete(
    database: Database, stored: SessionRecord
) -> None:
    owner = {"owner": stored.session.tenant_id}

    with pytest.raises(Misconfigured) as refused:
        async with database.tenant_transaction("somebody-else") as connection:
            await connection.execute(text("INSERT INTO usage_ids VALUES (:owner, 'u')"), owner)
    async with database.tenant_transaction("somebody-else") as connection:
        await connection.execute(text("UPDATE sessions SET errors = 99 WHERE tenant_id = :owner"), owner)
        await connection.execute(text("DELETE FROM signals WHERE tenant_id = :owner"), owner)

    assert refused.value.context["sql_state"] == "42501"
    assert await SessionStore(database).session(stored.session) == stored
    assert len(await SessionStore(database).signals(stored.session)) == 1


async def test_a_tenant_cannot_hand_its_rows_to_another(database: Database, stored: SessionRecord) -> None:
    async def hand_over() -> None:
        async with database.tenant_transaction(stored.session.tenant_id) as connection:
            await connection.execute(text("UPDATE sessions SET tenant_id = 'somebody-else'"))

    with pytest.raises(Misconfigured) as refused:
        await hand_over()

    assert refused.value.context["sql_state"] == "42501"


@pytest.mark.parametrize("table", ["signals_default", "events_default", "usage_default"])
async def test_a_partition_cannot_be_read_past_its_table(database: Database, table: str) -> None:
    with pytest.raises(Misconfigured):
        async with database.service_transaction() as connection:
            await connection.execute(text(f"SELECT * FROM {table}"))


async def test_a_session_of_another_project_or_tenant_is_not_found(
    database: Database, stored: SessionRecord
) -> None:
    sessions = SessionStore(database)
    strangers = [
        replace(stored.session, project_id="other"),
        replace(stored.session, tenant_id="somebody-else"),
        replace(stored.session, session_id="unknown"),
        replace(stored.session, session_id="nul\x00"),
        replace(stored.session, session_id="lone\ud800"),
    ]

    for stranger in strangers:
        for read in (sessions.session, sessions.signals, sessions.notable_events, sessions.recording_index):
            with pytest.raises(NotFound):
                await read(stranger)
    listed = await sessions.list_sessions(
        tenant_id=stored.session.tenant_id, project_id="other", query=SessionQuery()
    )
    assert listed.items == ()


async def test_a_pooled_connection_keeps_no_tenant(database: Database, stored: SessionRecord) -> None:
    for _ in range(3):
        async with database.tenant_transaction(stored.session.tenant_id) as connection:
            await connection.execute(text("SELECT 1"))

        async with database.service_transaction() as connection:
            bound = await connection.execute(text("SELECT current_setting('app.tenant', true)"))
            assert not bound.scalar()
