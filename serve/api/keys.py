"""The routes of a project's API keys: list, make, revoke."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from traceflow.models.access.key_record import ApiKeyRecord
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.errors import NotFound
from traceflow.models.ports import KeyRegister
from traceflow.serve.api.body import read_document
from traceflow.serve.api.gate import administering_principal
from traceflow.serve.api.responses import JsonDocument

_KEY_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["scope"],
                    "properties": {"scope": {"type": "string", "enum": [*Scope]}},
                }
            }
        },
    }
}

Administrator = Annotated[Principal, Depends(administering_principal)]


class NewKeyWire(msgspec.Struct, frozen=True):
    """The body of ``POST /api/v1/keys``."""

    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key without its secret; ``start`` is how its text begins."""

    key_id: str
    project_id: str
    scope: Scope
    created_at_ms: int
    revoked_at_ms: int | None
    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """A project's keys, revoked ones too."""

    items: tuple[KeyEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made; ``key`` is told here and never again."""

    key: str
    key_id: str
    project_id: str
    scope: Scope
    created_at_ms: int


class KeyRoutes:
    """The port KeyRegister, for whoever may administer the project."""

    def __init__(self, keys: KeyRegister, *, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/keys", tags=["keys"])
        router.add_api_route("", self.list_keys, response_model=KeyList)
        router.add_api_route(
            "",
            self.create,
            methods=["POST"],
            status_code=201,
            response_model=NewKey,
            openapi_extra=_REQUEST_BODY,
        )
        router.add_api_route("/{key_id}", self.revoke, methods=["DELETE"], status_code=204)
        return router

    async def list_keys(self, caller: Administrator) -> Response:
        """List the project's keys in the order in which they were made."""
        records = await self._keys.project_keys(tenant_id=caller.tenant_id, project_id=caller.project_id)
        return JsonDocument(KeyList(items=tuple(_entry(record) for record in records)))

    async def create(self, request: Request, caller: Administrator) -> Response:
        """Make a key of the project and tell it, this once."""
        wire = await read_document(request, NewKeyWire)
        now = self._now()
        issued = await self._keys.create_key(
            tenant_id=caller.tenant_id, project_id=caller.project_id, scope=wire.scope, now=now
        )
        made = NewKey(
            key=issued.text,
            key_id=issued.key_id,
            project_id=caller.project_id,
            scope=issued.scope,
            created_at_ms=_milliseconds(now),
        )
        return JsonDocument(made, status_code=HTTPStatus.CREATED)

    async def revoke(self, key_id: str, caller: Administrator) -> Response:
        """Revoke a key of the project; requests with it are refused within 5 s."""
        if _KEY_ID.fullmatch(key_id) is None:
            raise NotFound("There is no key of this id.")
        await self._keys.revoke_project_key(
            key_id, tenant_id=caller.tenant_id, project_id=caller.project_id, now=self._now()
        )
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _entry(record: ApiKeyRecord) -> KeyEntry:
    return KeyEntry(
        key_id=record.key_id,
        project_id=record.project_id,
        scope=record.scope,
        created_at_ms=_milliseconds(record.created_at),
        revoked_at_ms=None if record.revoked_at is None else _milliseconds(record.revoked_at),
        start=f"tf_{record.scope}_{record.key_id}_…",
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
