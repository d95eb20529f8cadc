"""Hop 11. A project's overview and hot spots: aggregates over the sessions of a period."""

from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.rows import AnyRow
from traceflow.models.detection.place import page_group
from traceflow.models.session.overview import (
    BUCKETS_AT_MOST,
    POINTS_AT_MOST,
    TOP,
    ErrorGroup,
    Example,
    FrustrationBucket,
    Hotspot,
    HotspotQuery,
    Hotspots,
    Overview,
    Period,
    Problem,
    bucket_ms,
)

# Past every event's time (ARCHITECTURE section 6); sessions without events have -1, below every start.
_END_OF_TIME_MS = 2**53 + 1

# With 4 MB, PostgreSQL's own, the sums of 100,000 sessions go to disk.
_MORE_MEMORY = text("SELECT set_config('work_mem', '32MB', true)")
_TIME_DIGITS = 16

_CHOSEN = """
    WITH chosen AS NOT MATERIALIZED (
        SELECT session_id, started_order, frustration_score, signal_counts
        FROM sessions
        WHERE tenant_id = :tenant_id AND project_id = :project_id
          AND started_order >= :from_ms AND started_order < :to_ms
    )
"""


def _of_chosen(query: str) -> TextClause:
    return text(f"{_CHOSEN}{query}")


_TOTALS = _of_chosen("""
    SELECT count(*) AS sessions, count(*) FILTER (WHERE signal_counts <> '{}') AS sessions_with_signals,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY frustration_score) AS median_score,
           min(started_order) AS first_ms, max(started_order) AS last_ms
    FROM chosen
""")

_BUCKETS = _of_chosen("""
    SELECT started_order / :bucket_ms * :bucket_ms AS at_ms, count(*) AS sessions,
           avg(frustration_score) AS mean_score,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY frustration_score) AS p90_score
    FROM chosen GROUP BY 1 ORDER BY 1 DESC LIMIT :at_most
""")

# Here and below: nothing of a session is before its start, so that an index by time leaves out what is older.
# Grouped by session first, since counting distinct sessions sorts everything; the last of several, too, is
# found without sorting: in texts written so that the largest is the latest.
_PROBLEMS = _of_chosen("""
    , by_session AS (
        SELECT kind, page_group, element, session_id, count(*) AS signals, max(at_ms) AS last_at_ms
        FROM signals JOIN chosen USING (session_id)
        WHERE tenant_id = :tenant_id AND project_id = :project_id AND at_ms >= :from_ms
        GROUP BY 1, 2, 3, 4
    )
    SELECT kind, page_group, element, sum(signals)::bigint AS signals, count(*) AS sessions,
           max((lpad(last_at_ms::text, 16, '0') || session_id) COLLATE "C") AS last
    FROM by_session
    GROUP BY 1, 2, 3
    ORDER BY sessions DESC, signals DESC, kind, page_group, element LIMIT :top
""")

_ERRORS = _of_chosen("""
    , by_session AS (
        SELECT fingerprint, session_id, count(*) AS events, min(at_ms) AS first_at_ms,
               max(at_ms) AS last_at_ms
        FROM events JOIN chosen USING (session_id)
        WHERE tenant_id = :tenant_id AND project_id = :project_id AND at_ms >= :from_ms
          AND fingerprint IS NOT NULL
        GROUP BY 1, 2
    ), groups AS (
        SELECT fingerprint, sum(events)::bigint AS events, count(*) AS sessions,
               min(first_at_ms) AS first_at_ms, max(last_at_ms) AS last_at_ms,
               max((lpad(last_at_ms::text, 16, '0') || session_id) COLLATE "C") AS last
        FROM by_session
        GROUP BY 1
        ORDER BY sessions DESC, events DESC, fingerprint LIMIT :top
    )
    SELECT groups.*, shown.error_name, shown.message
    FROM groups CROSS JOIN LATERAL (
        SELECT error_name, message FROM events
        WHERE tenant_id = :tenant_id AND project_id = :project_id
          AND session_id = substr(groups.last, 17) AND fingerprint = groups.fingerprint
          AND at_ms = groups.last_at_ms
        ORDER BY error_name, message LIMIT 1
    ) AS shown
    ORDER BY sessions DESC, events DESC, fingerprint
""")

_RAGE_TOTALS = _of_chosen("""
    SELECT count(*) AS signals, count(DISTINCT session_id) AS sessions,
           max((lpad(at_ms::text, 16, '0') || session_id) COLLATE "C") AS last
    FROM signals JOIN chosen USING (session_id)
    WHERE tenant_id = :tenant_id AND project_id = :project_id
      AND page_group = :page AND kind = 'rage_click'
""")

_RAGE_POINTS = _of_chosen("""
    SELECT round(x) AS x, round(y) AS y, viewport_width, count(*) AS signals
    FROM signals JOIN chosen USING (session_id)
    WHERE tenant_id = :tenant_id AND project_id = :project_id
      AND page_group = :page AND kind = 'rage_click' AND x IS NOT NULL AND y IS NOT NULL
    GROUP BY 1, 2, 3 ORDER BY signals DESC, x, y, viewport_width LIMIT :at_most
""")


class OverviewStore:
    """Adds up what a project's sessions show; sessions are chosen by their start."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def overview(self, *, tenant_id: str, project_id: str, period: Period) -> Overview:
        """Return the figures of the period's sessions: one snapshot."""
        chosen = _chosen(tenant_id, project_id, period)
        async with self._database.tenant_snapshot(tenant_id) as connection:
            await connection.execute(_MORE_MEMORY)
            (totals,) = await _rows(connection, _TOTALS, chosen)
            width_ms = _bucket_ms(period, totals)
            bounds = {"bucket_ms": width_ms, "at_most": BUCKETS_AT_MOST}
            buckets = await _rows(connection, _BUCKETS, chosen | bounds)
            problems = await _rows(connection, _PROBLEMS, chosen | {"top": TOP})
            errors = await _rows(connection, _ERRORS, chosen | {"top": TOP})
        return Overview(
            sessions=totals.sessions,
            sessions_with_signals=totals.sessions_with_signals,
            median_score=totals.median_score,
            frustration=tuple(_bucket(row) for row in reversed(buckets)),
            bucket_ms=width_ms,
            problems=tuple(_problem(row, sessions=totals.sessions) for row in problems),
            errors=tuple(_error_group(row) for row in errors),
        )

    async def hotspots(self, *, tenant_id: str, project_id: str, query: HotspotQuery) -> Hotspots:
        """Return the rage clicks on a page, one snapshot; query and fragment of its address do not matter."""
        page = page_group(query.page)
        asked = _chosen(tenant_id, project_id, query.period) | {"page": page}
        async with self._database.tenant_snapshot(tenant_id) as connection:
            (totals,) = await _rows(connection, _RAGE_TOTALS, asked)
            points = await _rows(connection, _RAGE_POINTS, asked | {"at_most": POINTS_AT_MOST})
        return Hotspots(
            page=page,
            signals=totals.signals,
            sessions=totals.sessions,
            snapshot=_example(totals) if totals.signals else None,
            points=tuple(
                Hotspot(x=row.x, y=row.y, viewport_width=row.viewport_width, signals=row.signals)
                for row in points
            ),
        )


def _chosen(tenant_id: str, project_id: str, period: Period) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "project_id": project_id,
        "from_ms": 0 if period.from_ms is None else period.from_ms,
        "to_ms": _END_OF_TIME_MS if period.to_ms is None else period.to_ms,
    }


async def _rows(
    connection: AsyncConnection, statement: TextClause, parameters: dict[str, Any]
) -> list[AnyRow]:
    return list((await connection.execute(statement, parameters)).all())


def _bucket_ms(period: Period, totals: AnyRow) -> int:
    first_ms = period.from_ms if period.from_ms is not None else totals.first_ms or 0
    last_ms = period.to_ms if period.to_ms is not None else totals.last_ms or first_ms
    return bucket_ms(first_ms, last_ms)


def _bucket(row: AnyRow) -> FrustrationBucket:
    return FrustrationBucket(
        at_ms=row.at_ms, sessions=row.sessions, mean_score=row.mean_score, p90_score=row.p90_score
    )


def _problem(row: AnyRow, *, sessions: int) -> Problem:
    return Problem(
        kind=row.kind,
        page=row.page_group,
        element=row.element,
        signals=row.signals,
        sessions=row.sessions,
        share=row.sessions / sessions,
        example=_example(row),
    )


def _error_group(row: AnyRow) -> ErrorGroup:
    return ErrorGroup(
        group_id=row.fingerprint,
        name=row.error_name,
        message=row.message,
        events=row.events,
        sessions=row.sessions,
        first_at_ms=row.first_at_ms,
        last_at_ms=row.last_at_ms,
        example=_example(row),
    )


def _example(row: AnyRow) -> Example:
    last: str = row.last
    return Example(session_id=last[_TIME_DIGITS:], at_ms=int(last[:_TIME_DIGITS]))
