"""Answers as bytes: JSON documents, and problems where there is none."""

from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from traceflow.models.errors import RequestInvalid, TraceFlowError
from traceflow.serve.problem import Problem, problem, problem_for

log = structlog.get_logger()

# Named in the OpenAPI document of every route; given as 4XX, it also keeps FastAPI's own 422 out.
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "What is wrong with the request (RFC 9457).",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["title", "status", "code", "detail"],
                    "properties": {
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "code": {"type": "string"},
                        "detail": {"type": "string"},
                        "path": {"type": "string", "description": "The field that is wrong."},
                    },
                }
            }
        },
    }
}


class JsonDocument(Response):
    """A frozen dataclass, or what msgspec takes, as JSON."""

    media_type: str | None = "application/json"

    def render(self, content: object) -> bytes:
        return msgspec.json.encode(content)


def problem_response(answer: Problem) -> Response:
    """Return a problem as Starlette sends it."""
    response = Response(content=answer.body, status_code=answer.status)
    response.raw_headers = list(answer.headers)
    return response


def answer_errors(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(TraceFlowError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TraceFlowError)
    answer = problem_for(error)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request_failed", code=error.code, reason=error.message, route=_route(request))
    return problem_response(answer)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    # The place begins with "query", "path" or "body", which the caller knows.
    path = ".".join(str(step) for step in first["loc"][1:])
    return problem_response(problem_for(RequestInvalid(f"{path}: {first['msg']}.", path=path)))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = tuple((k.lower().encode(), v.encode()) for k, v in (error.headers or {}).items())
    if request.method == "OPTIONS" and status is HTTPStatus.METHOD_NOT_ALLOWED:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=error.headers)
    code = status.name.lower()
    return problem_response(problem(status, code=code, headers=headers))


async def _on_fault(request: Request, error: Exception) -> Response:
    log.error("request_faulted", error=type(error).__name__, route=_route(request))
    return problem_response(problem(HTTPStatus.INTERNAL_SERVER_ERROR, code="internal"))


def _route(request: Request) -> str:
    # The route's pattern, not the address: a query may hold what nobody should log.
    return str(getattr(request.scope.get("route"), "path", ""))
