"""Who may ask what of the API: every request under /api has a key, and its scope covers the route.

A browser that signed in has a cookie in place of a key; where a request carries both, the key counts.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from traceflow.models.access.scope import Principal, Scope
from traceflow.models.access.web_session import SignedIn, WebSecret, is_csrf_token, read_web_secret
from traceflow.models.errors import CsrfRefused, NotFound, RequestInvalid, TraceFlowError, Unauthenticated
from traceflow.serve.access import Authenticator, WebSessions, bearer_token, require_scope
from traceflow.serve.api.responses import problem_response
from traceflow.serve.problem import problem_for

AsgiScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

# The document tells nothing about anybody, and a client generator has no key.
OPENAPI_PATH = "/api/v1/openapi.json"
DETECT_PATH = "/api/v1/detect"
# Whoever signs in has nothing to show yet but the link's token.
SIGN_IN_PATH = "/api/v1/sign-in"

SESSION_COOKIE = "tf_session"
CSRF_HEADER = "x-traceflow-csrf"
PROJECT_PARAMETER = "project_id"
# What a browser that names no project looks at, where there is one of this name.
DEFAULT_PROJECT = "default"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_READERS = frozenset({Scope.READ, Scope.ADMIN})
_ADMINS = frozenset({Scope.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """A signed-in browser: its session's secret, and whose it is."""

    session: WebSecret
    signed_in: SignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Admitted:
    principal: Principal
    browser: Browser | None


class Gate:
    """ASGI middleware: refuses what has no key and no session, and keeps answers out of caches."""

    def __init__(self, app: AsgiApp, *, authenticator: Authenticator, web_sessions: WebSessions) -> None:
        self._app = app
        self._authenticator = authenticator
        self._web_sessions = web_sessions

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _needs_key(scope):
            await self._app(scope, receive, send)
            return
        try:
            admitted = await self._admit(scope)
        except TraceFlowError as error:
            await problem_response(problem_for(error))(scope, receive, _uncached(send))
            return
        state = {**scope.get("state", {}), "admitted": admitted}
        await self._app({**scope, "state": state}, receive, _uncached(send))

    async def _admit(self, scope: AsgiScope) -> _Admitted | None:
        """Return who asks; None where nobody needs to be known."""
        if scope["path"] == SIGN_IN_PATH:
            _checked_query(scope["query_string"])
            return None
        headers = Headers(scope=scope)
        authorization = headers.get("authorization")
        cookie = _session_cookie(headers) if authorization is None else None
        if cookie is not None:
            return await self._admit_browser(scope, cookie, headers.get(CSRF_HEADER))
        principal = await self._authenticator.authenticate(bearer_token(authorization))
        project_id = _asked_project(_checked_query(scope["query_string"]))
        if project_id not in {None, principal.project_id}:
            raise NotFound("There is no such project.")
        return _Admitted(principal=principal, browser=None)

    async def _admit_browser(self, scope: AsgiScope, cookie: str, csrf: str | None) -> _Admitted:
        signed_in = await self._web_sessions.authenticate(cookie)
        session = read_web_secret(cookie)
        if scope["method"] not in _SAFE_METHODS and not is_csrf_token(csrf or "", session):
            raise CsrfRefused("A browser must send the csrf_token of /api/v1/me as X-TraceFlow-CSRF.")
        principal = Principal(
            key_id=signed_in.user_id,
            tenant_id=signed_in.tenant_id,
            project_id=_project(signed_in, _asked_project(_checked_query(scope["query_string"]))),
            scope=Scope.ADMIN,
        )
        return _Admitted(principal=principal, browser=Browser(session=session, signed_in=signed_in))


async def authorized_principal(request: Request) -> Principal:
    """Return the request's principal where its scope covers the route; for a route's dependencies."""
    admitted: _Admitted = request.state.admitted
    is_reading = request.method in {"GET", "HEAD"} or request.url.path == DETECT_PATH
    require_scope(admitted.principal, _READERS if is_reading else _ADMINS)
    return admitted.principal


async def administering_principal(request: Request) -> Principal:
    """Return the request's principal where it may administer, also for a route that only reads."""
    admitted: _Admitted = request.state.admitted
    require_scope(admitted.principal, _ADMINS)
    return admitted.principal


async def signed_in_browser(request: Request) -> Browser:
    """Return the browser that asks; raises Unauthenticated for a key."""
    admitted: _Admitted = request.state.admitted
    if admitted.browser is None:
        raise Unauthenticated("This needs a browser that signed in, not a key.")
    return admitted.browser


def _session_cookie(headers: Headers) -> str | None:
    cookies = cookie_parser("; ".join(headers.getlist("cookie")))
    return cookies.get(SESSION_COOKIE) or None


def _asked_project(query: str) -> str | None:
    asked = parse_qs(query, keep_blank_values=True).get(PROJECT_PARAMETER)
    return asked[-1] if asked else None


def _project(signed_in: SignedIn, asked: str | None) -> str:
    """Return the project asked for, or where a browser begins; raises NotFound."""
    if asked is None and DEFAULT_PROJECT not in signed_in.projects:
        asked = next(iter(signed_in.projects), None)
    project_id = DEFAULT_PROJECT if asked is None else asked
    if project_id not in signed_in.projects:
        raise NotFound("There is no such project.")
    return project_id


def _needs_key(scope: AsgiScope) -> bool:
    path: str = scope["path"]
    is_ours = path == "/api" or path.startswith("/api/")
    return is_ours and path != OPENAPI_PATH and scope["method"] != "OPTIONS"


def _checked_query(query: bytes) -> str:
    """Return the query as it came; raises RequestInvalid where what it spells is no text that can be kept."""
    try:
        text = unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestInvalid("The query is not UTF-8.", path="query") from error
    # PostgreSQL keeps no NUL in a text, so that nothing can match one.
    if "\x00" in text:
        raise RequestInvalid("The query holds a NUL.", path="query")
    # Every byte is a character of Latin-1; what is percent-encoded is read as UTF-8 later.
    return query.decode("latin-1")


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
