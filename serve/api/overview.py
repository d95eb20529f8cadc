"""The routes of the overview: a project's figures, and where on a page visitors clicked in rage."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from traceflow.models.access.scope import Principal
from traceflow.models.ports import OverviewReader
from traceflow.models.session.overview import HotspotQuery, Hotspots, Overview, Period
from traceflow.models.wire.segment import MAX_TIME_MS
from traceflow.serve.api.gate import authorized_principal
from traceflow.serve.api.responses import JsonDocument

TimeMs = Annotated[int, Field(ge=0, le=MAX_TIME_MS)]
Caller = Annotated[Principal, Depends(authorized_principal)]


class PeriodParameters(BaseModel):
    """The query of ``GET /api/v1/overview``."""

    from_ms: TimeMs | None = Field(default=None, description="Sessions that started at this time or later.")
    to_ms: TimeMs | None = Field(default=None, description="Sessions that started before this time.")

    def period(self) -> Period:
        """Return it as the store is asked."""
        return Period(from_ms=self.from_ms, to_ms=self.to_ms)


class HotspotParameters(PeriodParameters):
    """The query of ``GET /api/v1/overview/hotspots``."""

    page: str = Field(description="The page's address; its query and fragment do not matter.")


class OverviewRoutes:
    """Hop 11. A project's sessions, added up."""

    def __init__(self, overview: OverviewReader) -> None:
        self._overview = overview

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/overview", tags=["overview"])
        router.add_api_route("", self.read_overview, response_model=Overview)
        router.add_api_route("/hotspots", self.read_hotspots, response_model=Hotspots)
        return router

    async def read_overview(
        self, caller: Caller, parameters: Annotated[PeriodParameters, Query()]
    ) -> Response:
        """Return frustration over time, the most frequent problems and the most frequent errors."""
        overview = await self._overview.overview(
            tenant_id=caller.tenant_id, project_id=caller.project_id, period=parameters.period()
        )
        return JsonDocument(overview)

    async def read_hotspots(
        self, caller: Caller, parameters: Annotated[HotspotParameters, Query()]
    ) -> Response:
        """Return the spots of a page that were clicked in rage, and a moment that shows the page."""
        query = HotspotQuery(page=parameters.page, period=parameters.period())
        hotspots = await self._overview.hotspots(
            tenant_id=caller.tenant_id, project_id=caller.project_id, query=query
        )
        return JsonDocument(hotspots)
