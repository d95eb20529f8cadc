"""Hops 8 and 10. What an analysis reads and leaves behind: facts, insights, usage."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from traceflow.datasets.store.database import Database, bind_tenant, tenant_ids
from traceflow.datasets.store.rows import (
    AnyRow,
    evidence_json,
    evidence_tuple,
    is_storable,
    key_columns,
    key_of,
    storable,
)
from traceflow.datasets.store.session_store import of_session, read_events, read_session, read_signals
from traceflow.datasets.store.tables import INSIGHTS, SESSIONS, USAGE, USAGE_IDS
from traceflow.models.errors import NotFound
from traceflow.models.insight.finding import Finding, Insight
from traceflow.models.llm.usage_record import UsageRecord
from traceflow.models.session.facts import SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import AnalysisState, DueAnalysis


class PostgresAnalysisStore:
    """The port ``AnalysisStore``, with what starts an analysis and what shows its result."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def session_facts(self, session: SessionKey, *, revision: int) -> SessionFacts:
        """Return what is known of the session now, labelled with the revision; raises NotFound."""
        async with self._database.tenant_transaction(session.tenant_id) as connection:
            record = await read_session(connection, session)
            signals = await read_signals(connection, session)
            events = await read_events(connection, session)
        return SessionFacts(
            session=session,
            revision=revision,
            started_at_ms=record.started_at_ms or 0,
            ended_at_ms=record.ended_at_ms or 0,
            events=record.events,
            errors=record.errors,
            pages=record.pages,
            frustration_score=record.frustration.score,
            masked=record.masked,
            signals=tuple(stored.signal for stored in signals),
            notable_events=events,
        )

    async def store_insight(self, session: SessionKey, insight: Insight, *, revision: int) -> None:
        """Store once per ``insight_id``; storing it again replaces it and keeps its first time."""
        statement = insert(INSIGHTS).values(key_columns(session) | _insight_row(insight, revision))
        changed = ("revision", "provider", "model", "summary", "findings", "rejected")
        statement = statement.on_conflict_do_update(
            index_elements=["tenant_id", "project_id", "insight_id"],
            set_={name: statement.excluded[name] for name in changed},
        )
        async with self._database.tenant_transaction(session.tenant_id) as connection:
            await connection.execute(statement)

    async def record_usage(self, records: Sequence[UsageRecord]) -> None:
        """Record each ``usage_id`` once; the records are of one tenant or several."""
        async with self._database.service_transaction() as connection:
            for record in records:
                await bind_tenant(connection, record.session.tenant_id)
                name = {"tenant_id": record.session.tenant_id, "usage_id": record.usage_id}
                claimed = await connection.execute(
                    insert(USAGE_IDS).values(name).on_conflict_do_nothing().returning(USAGE_IDS.c.usage_id)
                )
                if claimed.one_or_none() is not None:
                    await connection.execute(insert(USAGE).values(_usage_row(record)))

    async def insights(self, session: SessionKey) -> tuple[Insight, ...]:
        """Return the session's insights, the newest first; raises NotFound for an unknown session."""
        if not is_storable(session.session_id):
            raise NotFound("There is no such session.")
        statement = (
            select(INSIGHTS)
            .where(*of_session(INSIGHTS.c, session))
            .order_by(INSIGHTS.c.revision.desc(), INSIGHTS.c.created_at.desc())
        )
        async with self._database.tenant_transaction(session.tenant_id) as connection:
            await read_session(connection, session)
            return tuple(_insight(row) for row in await connection.execute(statement))

    async def due_analyses(self) -> tuple[DueAnalysis, ...]:
        """List the closes, over all tenants, whose analysis waits to be started."""
        columns = SESSIONS.c
        found: list[DueAnalysis] = []
        async with self._database.service_transaction() as connection:
            for tenant_id in await tenant_ids(connection):
                await bind_tenant(connection, tenant_id)
                statement = select(SESSIONS).where(
                    columns.tenant_id == tenant_id, columns.analysis == AnalysisState.DUE.value
                )
                rows = await connection.execute(statement)
                found += [DueAnalysis(session=key_of(row), revision=row.revision) for row in rows]
        return tuple(found)

    async def mark_analysis_started(self, session: SessionKey, *, revision: int, workflow_id: str) -> None:
        """Note the workflow of this revision; a session that closed again meanwhile keeps its own."""
        statement = (
            SESSIONS.update()
            .where(*of_session(SESSIONS.c, session), SESSIONS.c.revision == revision)
            .values(analysis=AnalysisState.STARTED.value, workflow_id=workflow_id)
        )
        async with self._database.tenant_transaction(session.tenant_id) as connection:
            await connection.execute(statement)


def _insight_row(insight: Insight, revision: int) -> dict[str, Any]:
    return {
        "insight_id": insight.insight_id,
        "revision": revision,
        "provider": insight.provider,
        "model": insight.model,
        "summary": storable(insight.summary),
        "findings": [
            {
                "kind": finding.kind,
                "text": storable(finding.text),
                "evidence": evidence_json(finding.evidence),
            }
            for finding in insight.findings
        ],
        "rejected": dict(insight.rejected),
    }


def _insight(row: AnyRow) -> Insight:
    return Insight(
        insight_id=row.insight_id,
        provider=row.provider,
        model=row.model,
        summary=row.summary,
        findings=tuple(
            Finding(kind=each["kind"], text=each["text"], evidence=evidence_tuple(each["evidence"]))
            for each in row.findings
        ),
        rejected=row.rejected,
    )


def _usage_row(record: UsageRecord) -> dict[str, Any]:
    return key_columns(record.session) | {
        "usage_id": record.usage_id,
        "task": record.task.value,
        "provider": record.provider,
        "model": record.model,
        "outcome": record.outcome,
        "input_tokens": record.usage.input_tokens,
        "output_tokens": record.usage.output_tokens,
        "latency_ms": record.usage.latency_ms,
    }
