"""The ledger as the API reads it."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import func, select

from traceflow.datasets.store.database import Database, bind_tenant, tenant_ids
from traceflow.datasets.store.flush import RECEIVED
from traceflow.datasets.store.tables import LEDGER
from traceflow.models.ledger import Ledger
from traceflow.models.outcome import Count, Outcome


class LedgerStore:
    """How the segments of a project ended; flushes write it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ledger(self, *, tenant_id: str, project_id: str) -> Ledger:
        """Return what was received and the counts by outcome and reason, in this order."""
        statement = (
            select(LEDGER)
            .where(LEDGER.c.tenant_id == tenant_id, LEDGER.c.project_id == project_id)
            .order_by(LEDGER.c.outcome, LEDGER.c.reason)
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            rows = (await connection.execute(statement)).all()
        counts = tuple(
            Count(
                tenant_id=row.tenant_id,
                project_id=row.project_id,
                outcome=Outcome(row.outcome),
                reason=row.reason,
                segments=row.segments,
            )
            for row in rows
            if row.outcome != RECEIVED
        )
        return Ledger(received=sum(row.segments for row in rows if row.outcome == RECEIVED), counts=counts)

    async def totals(self) -> Mapping[Outcome, int]:
        """Return how often each outcome was counted, all projects of all tenants together."""
        statement = select(LEDGER.c.outcome, func.sum(LEDGER.c.segments)).group_by(LEDGER.c.outcome)
        found: Counter[str] = Counter()
        async with self._database.service_transaction() as connection:
            for tenant_id in await tenant_ids(connection):
                await bind_tenant(connection, tenant_id)
                rows = await connection.execute(statement.where(LEDGER.c.tenant_id == tenant_id))
                for outcome, segments in rows:
                    found[outcome] += int(segments)
        return {outcome: found[outcome.value] for outcome in Outcome}
