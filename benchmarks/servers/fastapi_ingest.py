"""Ingest as a FastAPI application that does the same work with the same functions and Redis client.

Not its slowest form: the body is decoded by msgspec and not by pydantic, which costs a millisecond more.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Header, Request

from traceflow.cluster.process_start import prepare_process
from traceflow.cluster.replicas import ingest_dependencies
from traceflow.cluster.settings import StackSettings
from traceflow.models.envelope.opening import Arrival, open_envelope
from traceflow.models.ports import Redactor
from traceflow.models.session.key import SessionKey
from traceflow.serve.access import bearer_token
from traceflow.serve.ingest.app import IngestDependencies
from traceflow.serve.ingest.tuning import tune_process


class FastApiIngest:
    """Hops 1 to 4 as a FastAPI deployment."""

    async def __init__(self, settings: StackSettings, redactor: Redactor) -> None:  # type: ignore[misc]  # Serve awaits it
        prepare_process()
        self._app = build_fastapi(ingest_dependencies(settings, redactor))
        tune_process()

    def __serve_build_asgi_app__(self) -> FastAPI:
        return self._app


def build_fastapi(on: IngestDependencies) -> FastAPI:
    """Return the application; its path is relative to Serve's route prefix."""
    app = FastAPI()

    @app.post("/v1/sessions/{session_id}/segments", status_code=HTTPStatus.ACCEPTED)
    async def take(
        session_id: str,
        request: Request,
        authorization: Annotated[str, Header()],
        content_encoding: Annotated[str, Header()] = "identity",
    ) -> dict[str, str]:
        principal = await on.authenticator.authenticate(bearer_token(authorization))
        tenant_id, project_id = principal.tenant_id, principal.project_id
        arrival = Arrival(
            session=SessionKey(tenant_id=tenant_id, project_id=project_id, session_id=session_id),
            received_at_ms=on.now_ms(),
            encoding=content_encoding,
            body=await request.body(),
        )
        hash_key = await on.tenant_keys.derived_key(tenant_id, label="content_hash")
        token_key = await on.tenant_keys.derived_key(tenant_id, label="token")
        envelope = on.redactor.redact(open_envelope(arrival, hash_key=hash_key), token_key=token_key)
        await on.stream.append(envelope)
        return {"outcome": "accepted"}

    return app
