"""Hop 11. The read API: sessions, recordings, signals, insights, detection, the ledger and the feed.

And what the dashboard needs beside: signing in, keys, saved views, the system's state, its own files.
"""

from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import HTTPBearer

from traceflow.serve.api.dependencies import ApiDependencies
from traceflow.serve.api.detection import DetectionRoutes
from traceflow.serve.api.gate import OPENAPI_PATH, Gate, authorized_principal
from traceflow.serve.api.health import HealthRoutes
from traceflow.serve.api.keys import KeyRoutes
from traceflow.serve.api.ledger import LedgerRoutes
from traceflow.serve.api.notices import NoticeRoutes
from traceflow.serve.api.overview import OverviewRoutes
from traceflow.serve.api.pages import Pages
from traceflow.serve.api.recording import RecordingRoutes
from traceflow.serve.api.redaction import RedactionRoutes
from traceflow.serve.api.responses import PROBLEM_RESPONSES, answer_errors
from traceflow.serve.api.sessions import SessionRoutes
from traceflow.serve.api.sign_in import SignInRoutes
from traceflow.serve.api.system import SystemRoutes
from traceflow.serve.api.views import ViewRoutes

_PREFIX = "/api/v1"
_DESCRIPTION = "What TraceFlow has recorded and found. Times are milliseconds since 1970, UTC."


def build_api(dependencies: ApiDependencies, *, version: str) -> FastAPI:
    """Build the app; nothing is reached before the first request."""
    app = FastAPI(
        title="TraceFlow",
        version=version,
        description=_DESCRIPTION,
        openapi_url=OPENAPI_PATH,
        # FastAPI's pages load their scripts from elsewhere, and many an installation has no elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    answer_errors(app)
    app.add_middleware(Gate, authenticator=dependencies.authenticator, web_sessions=dependencies.web_sessions)
    sign_in = SignInRoutes(dependencies.web_sessions)
    app.include_router(sign_in.open_router(), prefix=_PREFIX, responses=PROBLEM_RESPONSES)
    app.include_router(_api(dependencies, sign_in, version=version))
    app.include_router(
        HealthRoutes(
            probes=dependencies.probes, ledger=dependencies.ledger, gauge=dependencies.gauge
        ).router()
    )
    # Behind every route, also those that are there for another method.
    app.router.default = Pages(
        dependencies.dashboard,
        replay_sources=dependencies.replay_sources,
        otherwise=app.router.default,
    )
    return app


def _api(dependencies: ApiDependencies, sign_in: SignInRoutes, *, version: str) -> APIRouter:
    key = HTTPBearer(auto_error=False, scheme_name="API key", description="tf_read_… or tf_admin_…")
    api = APIRouter(
        prefix=_PREFIX,
        # The first only names the key in the OpenAPI document; the gate has checked it by then.
        dependencies=[Security(key), Depends(authorized_principal)],
        responses=PROBLEM_RESPONSES,
    )
    sessions = SessionRoutes(
        sessions=dependencies.sessions, insights=dependencies.insights, workflows=dependencies.workflows
    )
    api.include_router(sessions.router())
    api.include_router(RecordingRoutes(dependencies.sessions, dependencies.recordings).router())
    api.include_router(OverviewRoutes(dependencies.overview).router())
    api.include_router(DetectionRoutes().router())
    api.include_router(LedgerRoutes(dependencies.ledger, dependencies.gauge).router())
    api.include_router(NoticeRoutes(dependencies.feed).router())
    api.include_router(RedactionRoutes(dependencies.sessions, dependencies.recordings).router())
    api.include_router(sign_in.router())
    api.include_router(KeyRoutes(dependencies.keys, now=dependencies.now).router())
    api.include_router(ViewRoutes(dependencies.views, now=dependencies.now).router())
    system = SystemRoutes(
        presence=dependencies.presence,
        services=dependencies.services,
        gauge=dependencies.gauge,
        version=version,
        retention=dependencies.retention,
    )
    api.include_router(system.router())
    return api
