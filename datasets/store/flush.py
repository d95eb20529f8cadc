"""Hop 6. The statements of one flush, in the order that keeps two shards from waiting on each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, case, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from traceflow.datasets.store.bulk import bulk_insert, bulk_rows, execute_bulk
from traceflow.datasets.store.database import bind_tenant
from traceflow.datasets.store.flush_batch import FlushBatch, LedgerDrain, SessionFlush
from traceflow.datasets.store.rows import (
    event_row,
    segment_row,
    session_place,
    session_row,
    signal_row,
)
from traceflow.datasets.store.tables import (
    EVENTS,
    LEDGER,
    LEDGER_DRAINS,
    SEGMENTS,
    SESSIONS,
    SIGNALS,
    STREAM_OFFSETS,
)
from traceflow.models.detection.place import NOWHERE
from traceflow.models.errors import ShardLost
from traceflow.models.outcome import Count

# The ledger's row of what came in; every other outcome is one of ``Outcome``.
RECEIVED = "received"

_LedgerRow = tuple[str, str, str, str]
_KEY = ("tenant_id", "project_id", "session_id")
# PostgreSQL fills these itself.
_DEFAULTED = frozenset({"workflow_id", "created_at", "updated_at", "started_order", "duration_order"})
_KEPT_ON_UPDATE = frozenset({*_KEY, *_DEFAULTED, "first_arrival", "analysis"})


async def write_flush(connection: AsyncConnection, batch: FlushBatch) -> None:
    """Write the batch within the open transaction; raises ShardLost where another owner was here.

    The offset comes first: its row lock keeps a second owner of the shard out until this one commits. The
    ledger comes last and sorted: its rows are shared by all shards, and locked for the shortest time.
    """
    await _advance(connection, batch)
    by_tenant: dict[str, list[SessionFlush]] = defaultdict(list)
    for each in batch.sessions:
        by_tenant[each.record.session.tenant_id].append(each)
    for tenant_id in sorted(by_tenant):
        await bind_tenant(connection, tenant_id)
        await _write_sessions(connection, by_tenant[tenant_id])
    drained = batch.drain if batch.drain and await _is_new(connection, batch.drain) else None
    await _write_ledger(connection, _ledger_rows(batch.counts, drained))


async def _advance(connection: AsyncConnection, batch: FlushBatch) -> None:
    if batch.expected_last_id is None:
        statement: ReturningInsert[Any] | ReturningUpdate[Any] = (
            insert(STREAM_OFFSETS)
            .values(generation=batch.generation, shard=batch.shard, last_id=batch.last_id)
            .on_conflict_do_nothing()
            .returning(STREAM_OFFSETS.c.shard)
        )
    else:
        statement = (
            STREAM_OFFSETS.update()
            .where(
                STREAM_OFFSETS.c.generation == batch.generation,
                STREAM_OFFSETS.c.shard == batch.shard,
                STREAM_OFFSETS.c.last_id == batch.expected_last_id,
            )
            .values(last_id=batch.last_id, updated_at=func.now())
            .returning(STREAM_OFFSETS.c.shard)
        )
    if not await _changed(connection, statement):
        raise ShardLost(
            "The shard is not where its last flush left it: another process has taken it over.",
            shard=batch.shard,
        )


async def _write_sessions(connection: AsyncConnection, flushes: Sequence[SessionFlush]) -> None:
    await execute_bulk(connection, _UPSERT_SESSIONS, [session_row(each.record) for each in flushes])
    segments = [segment_row(each.record.session, entry) for each in flushes for entry in each.segments]
    await execute_bulk(connection, _INSERT_SEGMENTS, segments)
    detected = [each for each in flushes if each.signals is not None]
    await execute_bulk(connection, _DELETE_SIGNALS, [session_place(each.record) for each in detected])
    signals = [
        signal_row(each.record, position, signal, each.places.get(signal, NOWHERE))
        for each in detected
        for position, signal in enumerate(each.signals or ())
    ]
    await execute_bulk(connection, _INSERT_SIGNALS, signals)
    events = [event_row(each.record, event) for each in flushes for event in each.notable_events]
    await execute_bulk(connection, _INSERT_EVENTS, events)


async def _is_new(connection: AsyncConnection, drain: LedgerDrain) -> bool:
    statement = insert(LEDGER_DRAINS).values(drain_id=drain.drain_id).on_conflict_do_nothing()
    return await _changed(connection, statement.returning(LEDGER_DRAINS.c.drain_id))


def _ledger_rows(counts: Iterable[Count], drain: LedgerDrain | None) -> Mapping[_LedgerRow, int]:
    rows: Counter[_LedgerRow] = Counter()
    for count in (*counts, *(drain.counts if drain else ())):
        rows[(count.tenant_id, count.project_id, count.outcome.value, count.reason)] += count.segments
    for (tenant_id, project_id), segments in drain.received.items() if drain else ():
        rows[(tenant_id, project_id, RECEIVED, "")] += segments
    return rows


async def _write_ledger(connection: AsyncConnection, rows: Mapping[_LedgerRow, int]) -> None:
    by_tenant: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (tenant_id, project_id, outcome, reason), segments in sorted(rows.items()):
        by_tenant[tenant_id].append(
            {
                "tenant_id": tenant_id,
                "project_id": project_id,
                "outcome": outcome,
                "reason": reason,
                "segments": segments,
            }
        )
    for tenant_id, tenant_rows in by_tenant.items():
        await bind_tenant(connection, tenant_id)
        await execute_bulk(connection, _ADD_TO_LEDGER, tenant_rows)


async def _changed(
    connection: AsyncConnection, statement: ReturningInsert[Any] | ReturningUpdate[Any]
) -> bool:
    # Not rowcount, which SQLAlchemy does not keep for an INSERT.
    return (await connection.execute(statement)).one_or_none() is not None


def _upsert_sessions() -> Executable:
    statement = bulk_insert(SESSIONS, defaulted=_DEFAULTED)
    new, old = statement.excluded, SESSIONS.c
    is_close = new.revision > old.revision
    changes = {column.name: new[column.name] for column in old if column.name not in _KEPT_ON_UPDATE}
    return statement.on_conflict_do_update(
        index_elements=_KEY,
        set_=changes
        | {
            # The analysis is its own process's business until the next close.
            "analysis": case((is_close, new.analysis), else_=old.analysis),
            "workflow_id": case((is_close, None), else_=old.workflow_id),
            "updated_at": func.now(),
        },
    )


def _delete_signals() -> Executable:
    given = bulk_rows(SIGNALS)
    return SIGNALS.delete().where(*(SIGNALS.c[name] == given.c[name] for name in (*_KEY, "first_arrival")))


def _add_to_ledger() -> Executable:
    statement = bulk_insert(LEDGER)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in LEDGER.primary_key],
        set_={"segments": LEDGER.c.segments + statement.excluded.segments},
    )


_UPSERT_SESSIONS = _upsert_sessions()
_INSERT_SEGMENTS = bulk_insert(SEGMENTS)
_DELETE_SIGNALS = _delete_signals()
_INSERT_SIGNALS = bulk_insert(SIGNALS)
_INSERT_EVENTS = bulk_insert(EVENTS).on_conflict_do_nothing()
_ADD_TO_LEDGER = _add_to_ledger()
