"""Who may ask what of the API: every request under /api has a key, and its scope covers the route."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.datastructures import Headers

from traceflow.models.access.scope import Principal, Scope
from traceflow.models.errors import RequestInvalid, TraceFlowError
from traceflow.serve.access import Authenticator, bearer_token, require_scope
from traceflow.serve.api.responses import problem_response
from traceflow.serve.problem import problem_for

AsgiScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

# The document tells nothing about anybody, and a client generator has no key.
OPENAPI_PATH = "/api/v1/openapi.json"
DETECT_PATH = "/api/v1/detect"

_READERS = frozenset({Scope.READ, Scope.ADMIN})
_ADMINS = frozenset({Scope.ADMIN})


class Gate:
    """ASGI middleware: refuses what has no key, and keeps answers out of caches."""

    def __init__(self, app: AsgiApp, *, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _needs_key(scope):
            await self._app(scope, receive, send)
            return
        try:
            token = bearer_token(Headers(scope=scope).get("authorization"))
            principal = await self._authenticator.authenticate(token)
            _check_query(scope["query_string"])
        except TraceFlowError as error:
            await problem_response(problem_for(error))(scope, receive, send)
            return
        state = {**scope.get("state", {}), "principal": principal}
        await self._app({**scope, "state": state}, receive, _uncached(send))


async def authorized_principal(request: Request) -> Principal:
    """Return the request's principal where its scope covers the route; for a route's dependencies."""
    principal: Principal = request.state.principal
    is_reading = request.method in {"GET", "HEAD"} or request.url.path == DETECT_PATH
    require_scope(principal, _READERS if is_reading else _ADMINS)
    return principal


def _needs_key(scope: AsgiScope) -> bool:
    path: str = scope["path"]
    is_ours = path == "/api" or path.startswith("/api/")
    return is_ours and path != OPENAPI_PATH and scope["method"] != "OPTIONS"


def _check_query(query: bytes) -> None:
    try:
        text = unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestInvalid("The query is not UTF-8.", path="query") from error
    # PostgreSQL keeps no NUL in a text, so that nothing can match one.
    if "\x00" in text:
        raise RequestInvalid("The query holds a NUL.", path="query")


def _uncached(send: Send) -> Send:
    async def send_uncached(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [
                *message["headers"],
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
            ]
            message = {**message, "headers": headers}
        await send(message)

    return send_uncached
