"""What a refused or failed request answers: one table from error to status, as problem+json (RFC 9457)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from traceflow.models.errors import (
    AllProvidersFailed,
    AnswerInvalid,
    ArchiveUnavailable,
    BreakerOpen,
    CsrfRefused,
    EnvelopeInvalid,
    EnvelopeTooLarge,
    Forbidden,
    Misconfigured,
    NotFound,
    ProviderThrottled,
    ProviderTimedOut,
    QuotaExceeded,
    RateLimited,
    RecordCorrupt,
    RecordingInvalid,
    RequestInvalid,
    SegmentConflict,
    ShardLost,
    SignInExpired,
    StoreUnavailable,
    StreamUnavailable,
    TraceFlowError,
    Unauthenticated,
    UnsupportedEncoding,
    WorkflowsUnavailable,
)

PROBLEM_JSON = b"application/problem+json"

# A dependency that died is back within seconds (the supervisor's first backoff is one).
DEFAULT_RETRY_AFTER_S = 1.0

STATUS_OF: Mapping[type[TraceFlowError], HTTPStatus] = {
    EnvelopeInvalid: HTTPStatus.BAD_REQUEST,
    RequestInvalid: HTTPStatus.BAD_REQUEST,
    RecordingInvalid: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    SignInExpired: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    CsrfRefused: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    SegmentConflict: HTTPStatus.CONFLICT,
    EnvelopeTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedEncoding: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    RecordCorrupt: HTTPStatus.INTERNAL_SERVER_ERROR,
    Misconfigured: HTTPStatus.INTERNAL_SERVER_ERROR,
    AnswerInvalid: HTTPStatus.BAD_GATEWAY,
    StreamUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ArchiveUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    WorkflowsUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ShardLost: HTTPStatus.SERVICE_UNAVAILABLE,
    ProviderThrottled: HTTPStatus.SERVICE_UNAVAILABLE,
    ProviderTimedOut: HTTPStatus.SERVICE_UNAVAILABLE,
    BreakerOpen: HTTPStatus.SERVICE_UNAVAILABLE,
    AllProvidersFailed: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A whole answer, ready for any ASGI door: status, headers (lower case) and body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class _Document(msgspec.Struct, omit_defaults=True):
    title: str
    status: int
    code: str
    detail: str
    path: str | None = None


def status_of(error: TraceFlowError) -> HTTPStatus:
    """Return the row of the error's own class or of its nearest ancestor; 500 where none has one."""
    rows = (STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)
    return next(rows, HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_for(error: TraceFlowError) -> Problem:
    """Answer an error of ours; a fault of ours (500) says no more than its code."""
    status = status_of(error)
    is_ours = status is HTTPStatus.INTERNAL_SERVER_ERROR
    path = error.context.get("path")
    return problem(
        status,
        code=error.code,
        detail=status.description if is_ours else error.message,
        path=path if isinstance(path, str) else None,
        headers=_extra_headers(error, status),
    )


def problem(
    status: HTTPStatus,
    *,
    code: str,
    detail: str = "",
    path: str | None = None,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Problem:
    """Answer what no error of ours stands for, such as a route that is not there."""
    body = msgspec.json.encode(
        _Document(
            title=status.phrase,
            status=status.value,
            code=code,
            detail=_encodable(detail or status.description or status.phrase),
            path=None if path is None else _encodable(path),
        )
    )
    framing = ((b"content-type", PROBLEM_JSON), (b"content-length", b"%d" % len(body)))
    return Problem(status=status.value, headers=(*framing, *headers), body=body)


def _extra_headers(error: TraceFlowError, status: HTTPStatus) -> tuple[tuple[bytes, bytes], ...]:
    if status is HTTPStatus.UNAUTHORIZED:
        return ((b"www-authenticate", b"Bearer"),)
    if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return ()
    # Retry-After is whole seconds (RFC 9110): rounded up, so that a client that waits it out is let in.
    seconds = b"%d" % max(1, math.ceil(error.context.get("retry_after_s") or DEFAULT_RETRY_AFTER_S))
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return ((b"retry-after", seconds),)
    category = str(error.context.get("category", "segment")).encode("ascii", "replace")
    return ((b"retry-after", seconds), (b"x-traceflow-rate-limits", seconds + b":" + category))


def _encodable(text: str) -> str:
    """Return the text without lone surrogates, which no JSON encoder takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
