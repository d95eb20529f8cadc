"""Saved views at rest."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.tables import SAVED_VIEWS
from traceflow.models.access.saved_view import MAX_VIEWS, SavedView
from traceflow.models.errors import NotFound, RequestInvalid


class ViewStore:
    """The port ``SavedViews``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def views(self, *, tenant_id: str, project_id: str) -> tuple[SavedView, ...]:
        statement = (
            select(SAVED_VIEWS)
            .where(SAVED_VIEWS.c.tenant_id == tenant_id, SAVED_VIEWS.c.project_id == project_id)
            .order_by(func.lower(SAVED_VIEWS.c.name), SAVED_VIEWS.c.view_id)
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            return tuple(
                SavedView(
                    view_id=row.view_id, name=row.name, query=row.query, created_at_ms=row.created_at_ms
                )
                for row in await connection.execute(statement)
            )

    async def add_view(self, view: SavedView, *, tenant_id: str, project_id: str) -> None:
        kept = (
            select(func.count())
            .select_from(SAVED_VIEWS)
            .where(SAVED_VIEWS.c.tenant_id == tenant_id, SAVED_VIEWS.c.project_id == project_id)
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            # Two at once may pass the limit by one, which harms nobody.
            if (await connection.execute(kept)).scalar_one() >= MAX_VIEWS:
                raise RequestInvalid(f"A project keeps at most {MAX_VIEWS} views: remove one first.")
            await connection.execute(
                insert(SAVED_VIEWS).values(
                    tenant_id=tenant_id,
                    project_id=project_id,
                    view_id=view.view_id,
                    name=view.name,
                    query=view.query,
                    created_at_ms=view.created_at_ms,
                )
            )

    async def remove_view(self, view_id: str, *, tenant_id: str, project_id: str) -> None:
        statement = delete(SAVED_VIEWS).where(
            SAVED_VIEWS.c.tenant_id == tenant_id,
            SAVED_VIEWS.c.project_id == project_id,
            SAVED_VIEWS.c.view_id == view_id,
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise NotFound("There is no such view.")
