"""Hop 11. Sessions as the API reads them: one project's, and never another's."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.rows import (
    AnyRow,
    is_storable,
    notable_event,
    segment_entry,
    session_record,
    stored_signal,
)
from traceflow.datasets.store.session_filters import session_filters
from traceflow.datasets.store.tables import EVENTS, SEGMENTS, SESSIONS, SIGNALS
from traceflow.models.errors import NotFound
from traceflow.models.recording.index import RecordingIndex, SegmentIndexEntry, recording_order, windows_of
from traceflow.models.session.facts import NotableEvent
from traceflow.models.session.key import SessionKey
from traceflow.models.session.listing import (
    FACET_VALUES_AT_MOST,
    FACETS,
    FacetValue,
    SessionFacets,
    SessionPage,
    SessionQuery,
    SessionSort,
    SortOrder,
    cursor_behind,
)
from traceflow.models.session.session import SessionRecord, StoredSignal
from traceflow.models.session.window import Window

_SORT_COLUMNS: dict[SessionSort, ColumnElement[Any]] = {
    SessionSort.STARTED_AT: SESSIONS.c.started_order,
    SessionSort.DURATION: SESSIONS.c.duration_order,
    SessionSort.FRUSTRATION_SCORE: SESSIONS.c.frustration_score,
}


class SessionStore:
    """Lists and shows sessions; a session of another project is not found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_sessions(self, *, tenant_id: str, project_id: str, query: SessionQuery) -> SessionPage:
        """Return one page; following its cursors gives every session once, however many share a value."""
        statement = _listing(query).where(
            SESSIONS.c.tenant_id == tenant_id, SESSIONS.c.project_id == project_id
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            rows = (await connection.execute(statement)).all()
        records = tuple(session_record(row) for row in rows[: query.limit])
        has_more = len(rows) > query.limit
        return SessionPage(
            items=records,
            next_cursor=cursor_behind(records[-1], sort=query.sort, order=query.order) if has_more else None,
        )

    async def facets(self, *, tenant_id: str, project_id: str, query: SessionQuery) -> SessionFacets:
        """Return the values of the sessions that fit the query's filters; its page does not matter."""
        columns = [SESSIONS.c[name] for name in FACETS]
        statement = (
            select(*columns, func.grouping(*columns).label("others"), func.count().label("sessions"))
            .where(SESSIONS.c.tenant_id == tenant_id, SESSIONS.c.project_id == project_id)
            .where(*session_filters(query))
            .group_by(func.grouping_sets(*columns))
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            rows = (await connection.execute(statement)).all()
        return SessionFacets(**{name: _facet_values(rows, name) for name in FACETS})

    async def session(self, key: SessionKey) -> SessionRecord:
        """Return one session; raises NotFound."""
        async with self._found(key) as (_, record):
            return record

    async def signals(self, key: SessionKey) -> tuple[StoredSignal, ...]:
        """Return the session's signals in the order of their times; raises NotFound."""
        async with self._found(key) as (connection, _):
            return await read_signals(connection, key)

    async def notable_events(self, key: SessionKey) -> tuple[NotableEvent, ...]:
        """Return the session's events that are rows, in the order of their times; raises NotFound."""
        async with self._found(key) as (connection, _):
            return await read_events(connection, key)

    async def recording_index(self, key: SessionKey) -> RecordingIndex:
        """Return one snapshot of the session's segments, in recording order; raises NotFound."""
        async with self._found(key) as (connection, record):
            entries = await _entries(connection, key)
        return RecordingIndex(wrapped_key=record.wrapped_key, entries=recording_order(entries))

    async def windows(self, key: SessionKey) -> tuple[Window, ...]:
        """Return the session's windows with what has come of each; raises NotFound."""
        async with self._found(key) as (connection, _):
            return windows_of(await _entries(connection, key))

    @asynccontextmanager
    async def _found(self, key: SessionKey) -> AsyncIterator[tuple[AsyncConnection, SessionRecord]]:
        if not is_storable(key.session_id):
            raise NotFound("There is no such session.")
        async with self._database.tenant_transaction(key.tenant_id) as connection:
            yield connection, await read_session(connection, key)


async def read_session(connection: AsyncConnection, key: SessionKey) -> SessionRecord:
    """Read one session in a transaction of its tenant; raises NotFound."""
    row = (await connection.execute(select(SESSIONS).where(*of_session(SESSIONS.c, key)))).one_or_none()
    if row is None:
        raise NotFound("There is no such session.")
    return session_record(row)


async def read_signals(connection: AsyncConnection, key: SessionKey) -> tuple[StoredSignal, ...]:
    """Read a session's signals in a transaction of its tenant."""
    statement = (
        select(SIGNALS)
        .where(*of_session(SIGNALS.c, key), SIGNALS.c.first_arrival == _first_arrival(key))
        .order_by(SIGNALS.c.at_ms, SIGNALS.c.position)
    )
    return tuple(stored_signal(row) for row in await connection.execute(statement))


async def read_events(connection: AsyncConnection, key: SessionKey) -> tuple[NotableEvent, ...]:
    """Read a session's notable events in a transaction of its tenant."""
    columns = EVENTS.c
    statement = (
        select(EVENTS)
        .where(*of_session(columns, key), columns.first_arrival == _first_arrival(key))
        .order_by(columns.at_ms, columns.window_id, columns.segment_id, columns.event_index)
    )
    return tuple(notable_event(row) for row in await connection.execute(statement))


def of_session(columns: Any, key: SessionKey) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that name a session's rows."""
    return (
        columns.tenant_id == key.tenant_id,
        columns.project_id == key.project_id,
        columns.session_id == key.session_id,
    )


def _first_arrival(key: SessionKey) -> ColumnElement[datetime]:
    # The partition's month: without it every partition would be searched.
    return select(SESSIONS.c.first_arrival).where(*of_session(SESSIONS.c, key)).scalar_subquery()


async def _entries(connection: AsyncConnection, key: SessionKey) -> list[SegmentIndexEntry]:
    statement = select(SEGMENTS).where(*of_session(SEGMENTS.c, key))
    return [segment_entry(row) for row in await connection.execute(statement)]


def _listing(query: SessionQuery) -> Select[Any]:
    sort = _SORT_COLUMNS[query.sort]
    place = tuple_(sort, SESSIONS.c.session_id)
    statement = select(SESSIONS).where(*session_filters(query)).limit(query.limit + 1)
    position = query.position()
    descends = query.order is SortOrder.DESC
    if position is not None:
        last = tuple_(literal(position.value, sort.type), literal(position.session_id, Text()))
        statement = statement.where(place < last if descends else place > last)
    columns = (sort, SESSIONS.c.session_id)
    return statement.order_by(*(column.desc() if descends else column.asc() for column in columns))


def _facet_values(rows: Sequence[AnyRow], name: str) -> tuple[FacetValue, ...]:
    # GROUPING has a bit for each column, the last the lowest: unset only for the one that a row counts.
    bit = 1 << (len(FACETS) - 1 - FACETS.index(name))
    found = (
        FacetValue(value=getattr(row, name), sessions=row.sessions)
        for row in rows
        if not row.others & bit and getattr(row, name) is not None
    )
    ordered = sorted(found, key=lambda each: (-each.sessions, each.value))
    return tuple(ordered[:FACET_VALUES_AT_MOST])
