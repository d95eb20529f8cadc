"""The routes of sessions: the list, one session, its signals and insights, and an analysis by hand."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from traceflow.models.access.scope import Principal
from traceflow.models.detection.signal import SignalKind
from traceflow.models.errors import NotFound
from traceflow.models.ports import InsightReader, SessionReader, WorkflowStarter
from traceflow.models.session.key import SessionKey
from traceflow.models.session.listing import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    SessionFacets,
    SessionQuery,
    SessionSort,
    SortOrder,
    read_trait,
)
from traceflow.models.session.session import SessionState
from traceflow.models.wire.segment import MAX_TIME_MS
from traceflow.serve.api.documents import (
    AnalysisStarted,
    InsightList,
    SessionDocument,
    SessionList,
    SignalList,
    insight_list,
    session_document,
    session_item,
    signal_list,
)
from traceflow.serve.api.gate import authorized_principal
from traceflow.serve.api.responses import JsonDocument

_SESSION_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

TimeMs = Annotated[int, Field(ge=0, le=MAX_TIME_MS)]
Caller = Annotated[Principal, Depends(authorized_principal)]


class SessionFilters(BaseModel):
    """The query of ``GET /api/v1/sessions/facets``."""

    from_ms: TimeMs | None = Field(default=None, description="Started at this time or later.")
    to_ms: TimeMs | None = Field(default=None, description="Started before this time.")
    state: SessionState | None = None
    page: str | None = Field(default=None, description="Is, or is part of, an address in `pages`.")
    signal: SignalKind | None = Field(default=None, description="Has at least one signal of this kind.")
    min_score: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    max_score: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    has_error: bool | None = None
    min_duration_ms: TimeMs | None = None
    max_duration_ms: TimeMs | None = None
    device: str | None = Field(default=None, description="`desktop`, `tablet` or `mobile`.")
    browser: str | None = None
    os: str | None = None
    country: str | None = None
    release: str | None = None
    environment: str | None = None
    visitor: str | None = Field(default=None, description="Is the visitor's anonymous or identified id.")
    trait: list[str] = Field(default=[], description="`name:value`; of several, all have to fit.")
    q: str | None = Field(default=None, description="Is part of a page's address or of the session's id.")


class SessionParameters(SessionFilters):
    """The query of ``GET /api/v1/sessions``."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")
    sort: SessionSort = SessionSort.STARTED_AT
    order: SortOrder = SortOrder.DESC


class SessionRoutes:
    """Hop 11. Sessions as documents."""

    def __init__(
        self, *, sessions: SessionReader, insights: InsightReader, workflows: WorkflowStarter
    ) -> None:
        self._sessions = sessions
        self._insights = insights
        self._workflows = workflows

    def router(self) -> APIRouter:
        """Return the routes; a session's own are below ``/{session_id}``."""
        router = APIRouter(prefix="/sessions", tags=["sessions"])
        router.add_api_route("", self.list_sessions, response_model=SessionList)
        # Before a session of that id, which is still in the list.
        router.add_api_route("/facets", self.list_facets, response_model=SessionFacets)
        router.add_api_route("/{session_id}", self.find_session, response_model=SessionDocument)
        router.add_api_route("/{session_id}/signals", self.list_signals, response_model=SignalList)
        router.add_api_route("/{session_id}/insights", self.list_insights, response_model=InsightList)
        router.add_api_route(
            "/{session_id}/analyze",
            self.analyze,
            methods=["POST"],
            status_code=202,
            response_model=AnalysisStarted,
        )
        return router

    async def list_sessions(
        self, caller: Caller, parameters: Annotated[SessionParameters, Query()]
    ) -> Response:
        """List sessions; pages follow one another by `next_cursor`."""
        page = await self._sessions.list_sessions(
            tenant_id=caller.tenant_id, project_id=caller.project_id, query=_query(parameters)
        )
        items = tuple(session_item(record) for record in page.items)
        return JsonDocument(SessionList(items=items, next_cursor=page.next_cursor))

    async def list_facets(self, caller: Caller, parameters: Annotated[SessionFilters, Query()]) -> Response:
        """Return what values the sessions that fit the filters have, each with its number of sessions."""
        facets = await self._sessions.facets(
            tenant_id=caller.tenant_id,
            project_id=caller.project_id,
            query=SessionQuery(**_filters(parameters)),
        )
        return JsonDocument(facets)

    async def find_session(self, caller: Caller, session_id: str) -> Response:
        """Return a session with its completeness, what was masked in it, and how its score adds up."""
        key = session_key(caller, session_id)
        record = await self._sessions.session(key)
        return JsonDocument(session_document(record, await self._sessions.recording_index(key)))

    async def list_signals(self, caller: Caller, session_id: str) -> Response:
        """List a session's signals by time."""
        key = session_key(caller, session_id)
        return JsonDocument(signal_list(await self._sessions.signals(key)))

    async def list_insights(self, caller: Caller, session_id: str) -> Response:
        """List a session's insights, the latest first."""
        key = session_key(caller, session_id)
        return JsonDocument(insight_list(await self._insights.insights(key)))

    async def analyze(self, caller: Caller, session_id: str) -> Response:
        """Start the analysis of the session as it is now; the same again starts nothing new."""
        key = session_key(caller, session_id)
        record = await self._sessions.session(key)
        workflow_id = await self._workflows.start_session_analysis(key, revision=record.revision)
        return JsonDocument(AnalysisStarted(workflow_id=workflow_id), status_code=202)


def session_key(caller: Principal, session_id: str) -> SessionKey:
    """Return the session's name within the caller's project; raises NotFound for what cannot be an id."""
    if _SESSION_ID.fullmatch(session_id) is None:
        raise NotFound("There is no such session.")
    return SessionKey(tenant_id=caller.tenant_id, project_id=caller.project_id, session_id=session_id)


def _query(parameters: SessionParameters) -> SessionQuery:
    return SessionQuery(
        limit=parameters.limit,
        cursor=parameters.cursor,
        sort=parameters.sort,
        order=parameters.order,
        **_filters(parameters),
    )


def _filters(parameters: SessionFilters) -> dict[str, Any]:
    # The names are the query's own, but for the one that may stand several times.
    named = parameters.model_dump(include=set(SessionFilters.model_fields) - {"trait"})
    return named | {"traits": tuple(read_trait(trait) for trait in parameters.trait)}
