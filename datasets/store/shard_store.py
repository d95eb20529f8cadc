"""Hops 5 and 6. The store as the owner of a shard uses it: load, flush, sweep."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from traceflow.datasets.store.database import Database, bind_tenant, tenant_ids
from traceflow.datasets.store.flush import write_flush
from traceflow.datasets.store.flush_batch import FlushBatch
from traceflow.datasets.store.rows import key_of, segment_entry, session_record, to_ms
from traceflow.datasets.store.tables import SEGMENTS, SESSIONS, STREAM_OFFSETS
from traceflow.models.errors import RecordCorrupt, ShardLost
from traceflow.models.recording.index import SegmentIndexEntry
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import OpenSession, SessionRecord, SessionState

# SQLSTATE, appendix A of PostgreSQL's manual.
_UNIQUE_VIOLATION = "23505"

_SESSION_KEY = tuple_(SESSIONS.c.project_id, SESSIONS.c.session_id)
_SEGMENT_SESSION = tuple_(SEGMENTS.c.project_id, SEGMENTS.c.session_id)


class ShardStore:
    """Everything that a session processor reads and writes in PostgreSQL, over all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def flush(self, batch: FlushBatch) -> None:
        """Write the batch in one transaction: once this returns, all of it is durable.

        Raises ShardLost where the shard is not where its last flush left it, or a segment is stored
        already: the state in memory is old, load it anew. After StoreUnavailable nobody knows whether it
        was written; ``stream_offset`` tells. RecordCorrupt where a row does not fit its table.
        """
        try:
            async with self._database.service_transaction() as connection:
                await write_flush(connection, batch)
        except RecordCorrupt as error:
            if error.context.get("sql_state") == _UNIQUE_VIOLATION:
                raise ShardLost(
                    "A segment of this flush is stored already: the shard's state is old.", shard=batch.shard
                ) from error
            raise

    async def stream_offset(self, *, generation: str, shard: int) -> str | None:
        """Return the ``last_id`` of the shard's last flush, None before the first."""
        query = select(STREAM_OFFSETS.c.last_id).where(
            STREAM_OFFSETS.c.generation == generation, STREAM_OFFSETS.c.shard == shard
        )
        async with self._database.service_transaction() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def load_sessions(self, sessions: Collection[SessionKey]) -> dict[SessionKey, SessionRecord]:
        """Return those of the sessions that are stored."""
        found: dict[SessionKey, SessionRecord] = {}
        async with self._database.service_transaction() as connection:
            for tenant_id, names in _by_tenant(sessions).items():
                await bind_tenant(connection, tenant_id)
                query = select(SESSIONS).where(SESSIONS.c.tenant_id == tenant_id, _SESSION_KEY.in_(names))
                for row in await connection.execute(query):
                    found[key_of(row)] = session_record(row)
        return found

    async def load_segments(
        self, sessions: Collection[SessionKey]
    ) -> dict[SessionKey, tuple[SegmentIndexEntry, ...]]:
        """Return the index of those of the sessions that have segments, by window and number."""
        found: dict[SessionKey, list[SegmentIndexEntry]] = defaultdict(list)
        async with self._database.service_transaction() as connection:
            for tenant_id, names in _by_tenant(sessions).items():
                await bind_tenant(connection, tenant_id)
                query = (
                    select(SEGMENTS)
                    .where(SEGMENTS.c.tenant_id == tenant_id, _SEGMENT_SESSION.in_(names))
                    .order_by(SEGMENTS.c.window_id, SEGMENTS.c.segment_id)
                )
                for row in await connection.execute(query):
                    found[key_of(row)].append(segment_entry(row))
        return {session: tuple(entries) for session, entries in found.items()}

    async def open_sessions(self) -> tuple[OpenSession, ...]:
        """List the open sessions of all tenants and shards with the clocks that will close them."""
        found: list[OpenSession] = []
        async with self._database.service_transaction() as connection:
            for tenant_id in await tenant_ids(connection):
                found += await _open_sessions_of(connection, tenant_id)
        return tuple(found)


async def _open_sessions_of(connection: AsyncConnection, tenant_id: str) -> list[OpenSession]:
    await bind_tenant(connection, tenant_id)
    columns = SESSIONS.c
    query = select(
        columns.tenant_id, columns.project_id, columns.session_id, columns.opened_at, columns.last_arrival
    ).where(columns.tenant_id == tenant_id, columns.state == SessionState.OPEN.value)
    return [
        OpenSession(
            session=key_of(row), opened_at_ms=to_ms(row.opened_at), last_arrival_ms=to_ms(row.last_arrival)
        )
        for row in await connection.execute(query)
    ]


def _by_tenant(sessions: Collection[SessionKey]) -> dict[str, list[tuple[str, str]]]:
    grouped: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in sessions:
        grouped[one.tenant_id].append((one.project_id, one.session_id))
    return grouped
