"""The routes of a browser's session: begin it by a sign-in link, ask who one is, end it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from traceflow.models.access.web_session import WEB_SESSION_LIFETIME, SignedIn, WebSecret, csrf_token
from traceflow.serve.access import WebSessions
from traceflow.serve.api.body import read_document
from traceflow.serve.api.gate import SESSION_COOKIE, Browser, signed_in_browser
from traceflow.serve.api.responses import JsonDocument

_REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {"token": {"type": "string", "description": "From a sign-in link, once."}},
                }
            }
        },
    }
}

SignedInBrowser = Annotated[Browser, Depends(signed_in_browser)]


class SignInWire(msgspec.Struct, frozen=True):
    """The body of ``POST /api/v1/sign-in``."""

    token: str

    def __repr__(self) -> str:
        return "SignInWire(token=…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDocument:
    """The user who signed in."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDocument:
    """A project of the user's tenant."""

    project_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who the browser's session belongs to, and what its unsafe requests must repeat."""

    user: UserDocument
    tenant_id: str
    projects: tuple[ProjectDocument, ...]
    csrf_token: str


class SignInRoutes:
    """Cookie sessions of the dashboard."""

    def __init__(self, web_sessions: WebSessions) -> None:
        self._web_sessions = web_sessions

    def open_router(self) -> APIRouter:
        """Return the one route that needs no key and no session."""
        router = APIRouter(tags=["sign-in"])
        router.add_api_route(
            "/sign-in", self.sign_in, methods=["POST"], response_model=Me, openapi_extra=_REQUEST_BODY
        )
        return router

    def router(self) -> APIRouter:
        """Return the routes of whoever signed in."""
        router = APIRouter(tags=["sign-in"])
        router.add_api_route("/me", self.me, response_model=Me)
        router.add_api_route("/sign-out", self.sign_out, methods=["POST"], status_code=204)
        return router

    async def sign_in(self, request: Request) -> Response:
        """Spend a sign-in link's token on a session of seven days, kept in a cookie."""
        wire = await read_document(request, SignInWire)
        session, signed_in = await self._web_sessions.begin(wire.token)
        response = JsonDocument(_me(session, signed_in))
        lifetime_s = int(WEB_SESSION_LIFETIME.total_seconds())
        response.headers.append("set-cookie", _cookie(request, session.text, lifetime_s=lifetime_s))
        return response

    async def me(self, browser: SignedInBrowser) -> Response:
        """Tell who signed in."""
        return JsonDocument(_me(browser.session, browser.signed_in))

    async def sign_out(self, request: Request, browser: SignedInBrowser) -> Response:
        """End the session, here and in the store."""
        await self._web_sessions.end(browser.session.text, browser.signed_in)
        response = Response(status_code=HTTPStatus.NO_CONTENT)
        response.headers.append("set-cookie", _cookie(request, "", lifetime_s=0))
        return response


def _me(session: WebSecret, signed_in: SignedIn) -> Me:
    return Me(
        user=UserDocument(user_id=signed_in.user_id, name=signed_in.name),
        tenant_id=signed_in.tenant_id,
        projects=tuple(ProjectDocument(project_id=each) for each in signed_in.projects),
        csrf_token=csrf_token(session),
    )


def _cookie(request: Request, content: str, *, lifetime_s: int) -> str:
    # Strict: no other site's page or link sends it; the dashboard's own requests follow a link's first page.
    cookie = f"{SESSION_COOKIE}={content}; Path=/; Max-Age={lifetime_s}; HttpOnly; SameSite=Strict"
    # TLS ends before us. A Secure cookie would never come back over plain HTTP, as on loopback.
    forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
    is_secure = forwarded.partition(",")[0].strip().lower() == "https"
    return f"{cookie}; Secure" if is_secure else cookie
