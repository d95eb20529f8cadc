"""Hop 11. The read API: sessions, recordings, signals, insights, detection, the ledger and the feed."""

from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import HTTPBearer

from traceflow.serve.api.dependencies import ApiDependencies
from traceflow.serve.api.detection import DetectionRoutes
from traceflow.serve.api.gate import OPENAPI_PATH, Gate, authorized_principal
from traceflow.serve.api.health import HealthRoutes
from traceflow.serve.api.ledger import LedgerRoutes
from traceflow.serve.api.notices import NoticeRoutes
from traceflow.serve.api.recording import RecordingRoutes
from traceflow.serve.api.responses import PROBLEM_RESPONSES, answer_errors
from traceflow.serve.api.sessions import SessionRoutes

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
    app.add_middleware(Gate, authenticator=dependencies.authenticator)
    app.include_router(_api(dependencies))
    app.include_router(
        HealthRoutes(
            probes=dependencies.probes, ledger=dependencies.ledger, gauge=dependencies.gauge
        ).router()
    )
    return app


def _api(dependencies: ApiDependencies) -> APIRouter:
    key = HTTPBearer(auto_error=False, scheme_name="API key", description="tf_read_… or tf_admin_…")
    api = APIRouter(
        prefix="/api/v1",
        # The first only names the key in the OpenAPI document; the gate has checked it by then.
        dependencies=[Security(key), Depends(authorized_principal)],
        responses=PROBLEM_RESPONSES,
    )
    sessions = SessionRoutes(
        sessions=dependencies.sessions, insights=dependencies.insights, workflows=dependencies.workflows
    )
    api.include_router(sessions.router())
    api.include_router(RecordingRoutes(dependencies.sessions, dependencies.recordings).router())
    api.include_router(DetectionRoutes().router())
    api.include_router(LedgerRoutes(dependencies.ledger, dependencies.gauge).router())
    api.include_router(NoticeRoutes(dependencies.feed).router())
    return api
