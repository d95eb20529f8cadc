"""The routes of saved views: names for filtered lists of sessions, shared by a project."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from traceflow.models.access.saved_view import SavedView, checked_view
from traceflow.models.errors import NotFound
from traceflow.models.ports import SavedViews
from traceflow.serve.api.body import read_document
from traceflow.serve.api.responses import JsonDocument
from traceflow.serve.api.sessions import Caller

_VIEW_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["name", "query"],
                    "properties": {
                        "name": {"type": "string"},
                        "query": {"type": "string", "description": "The list's query string."},
                    },
                }
            }
        },
    }
}


def _new_id() -> str:
    return secrets.token_hex(8)


class NewViewWire(msgspec.Struct, frozen=True):
    """The body of ``POST /api/v1/views``."""

    name: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewList:
    """A project's saved views by name."""

    items: tuple[SavedView, ...]


class ViewRoutes:
    """The port SavedViews."""

    def __init__(
        self,
        views: SavedViews,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        self._views = views
        self._now = now
        self._new_id = new_id

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/views", tags=["views"])
        router.add_api_route("", self.list_views, response_model=ViewList)
        router.add_api_route(
            "",
            self.add,
            methods=["POST"],
            status_code=201,
            response_model=SavedView,
            openapi_extra=_REQUEST_BODY,
        )
        router.add_api_route("/{view_id}", self.remove, methods=["DELETE"], status_code=204)
        return router

    async def list_views(self, caller: Caller) -> Response:
        """List the project's views."""
        views = await self._views.views(tenant_id=caller.tenant_id, project_id=caller.project_id)
        return JsonDocument(ViewList(items=tuple(views)))

    async def add(self, request: Request, caller: Caller) -> Response:
        """Save a view."""
        wire = await read_document(request, NewViewWire)
        view = checked_view(
            view_id=self._new_id(),
            name=wire.name,
            query=wire.query,
            created_at_ms=int(self._now().timestamp() * 1000),
        )
        await self._views.add_view(view, tenant_id=caller.tenant_id, project_id=caller.project_id)
        return JsonDocument(view, status_code=HTTPStatus.CREATED)

    async def remove(self, view_id: str, caller: Caller) -> Response:
        """Forget a view."""
        if _VIEW_ID.fullmatch(view_id) is None:
            raise NotFound("There is no such view.")
        await self._views.remove_view(view_id, tenant_id=caller.tenant_id, project_id=caller.project_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)
