"""Hops 1 to 4. The door that SDKs send to: a plain ASGI app that knows nothing of its server."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from traceflow.models.access.scope import Principal, Scope as KeyScope
from traceflow.models.envelope.body import ENCODINGS
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.envelope.opening import Arrival, open_envelope
from traceflow.models.errors import (
    EnvelopeInvalid,
    EnvelopeTooLarge,
    NotFound,
    RateLimited,
    Rejected,
    TraceFlowError,
    UnsupportedEncoding,
)
from traceflow.models.outcome import Count, Outcome
from traceflow.models.ports import Redactor, SegmentStream, TenantKeys
from traceflow.models.quota.gcra import RateLimiter
from traceflow.models.session.key import SessionKey
from traceflow.serve.access import Authenticator, require_scope
from traceflow.serve.ingest.answer import CORS, Answer
from traceflow.serve.ingest.large_body import LargeBodyWorkers, open_and_redact
from traceflow.serve.ingest.request import (
    Receive,
    RequestHead,
    Scope,
    Send,
    check_content_type,
    check_length,
    encoding_of,
    find_key,
    read_body,
    read_head,
)
from traceflow.serve.ingest.sdk_bundle import SdkBundle, file_of
from traceflow.serve.problem import Problem, problem, problem_for
from traceflow.serve.web_files.reader import WebFiles

# Above this, a segment is opened and redacted in another process.
INLINE_BYTES = 64 * 1024
RATE_LIMIT_CATEGORY = "segment"

_SEGMENTS_PATH = re.compile(r"/ingest/v1/sessions/([^/]*)/segments\Z")
_SESSION_ID = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")

_PREFLIGHT = (
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Content-Encoding"),
    # A day; browsers cap it at two hours or less.
    (b"access-control-max-age", b"86400"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestDependencies:
    """What ingest asks of the world."""

    authenticator: Authenticator
    tenant_keys: TenantKeys
    redactor: Redactor
    stream: SegmentStream
    rate_limiter: RateLimiter
    large_bodies: LargeBodyWorkers
    sdk_files: WebFiles
    now_ms: Callable[[], int]
    body_timeout_s: float


def _json_answer(body: bytes) -> Answer:
    framing = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)))
    return Answer(status=HTTPStatus.ACCEPTED, headers=(*framing, *CORS), body=body)


ACCEPTED = _json_answer(b'{"outcome":"accepted"}')
DUPLICATE = _json_answer(b'{"outcome":"accepted","duplicate":true}')
PREFLIGHT = Answer(status=HTTPStatus.NO_CONTENT, headers=(*_PREFLIGHT, *CORS))


class IngestApp:
    """Takes segments: authenticated, bounded, checked, redacted, and durable before they are answered."""

    def __init__(self, dependencies: IngestDependencies) -> None:
        self._on = dependencies
        self._sdk = SdkBundle(dependencies.sdk_files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection of the ASGI protocol."""
        kind = scope["type"]
        if kind == "http":
            answer = await self._answer(scope, receive)
            if answer is not None:
                await _send(answer, send)
        elif kind == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._on.large_bodies.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._on.large_bodies.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        """Route; None where the client has gone."""
        path, method = scope["path"], scope["method"]
        segments = _SEGMENTS_PATH.match(path)
        if segments is not None and method == "POST":
            try:
                return await self._take(scope, receive, session_id=segments.group(1))
            except TraceFlowError as error:
                return _refusal(problem_for(error))
        if segments is not None:
            return _beside(method, allowed="POST, OPTIONS")
        sdk_file = file_of(path)
        if sdk_file is not None:
            return await self._give(sdk_file, scope)
        return _refusal(problem_for(NotFound("There is no such route.")))

    async def _give(self, sdk_file: str, scope: Scope) -> Answer:
        if scope["method"] != "GET":
            return _beside(scope["method"], allowed="GET, OPTIONS")
        return await asyncio.to_thread(self._sdk.answer, sdk_file, scope["headers"])

    async def _take(self, scope: Scope, receive: Receive, *, session_id: str) -> Answer | None:
        head = read_head(scope)
        principal = await self._on.authenticator.authenticate(find_key(head, scope["query_string"]))
        if principal.scope is not KeyScope.INGEST:
            require_scope(principal, {KeyScope.INGEST})
        try:
            _check_head(head, session_id)
            body = await read_body(receive, timeout_s=self._on.body_timeout_s)
            if body is None:
                return None
            envelope = await self._redacted(principal, session_id, encoding_of(head), body)
        except TimeoutError:
            return TOO_SLOW
        except Rejected as error:
            self._count(principal, error)
            raise
        # Whoever hangs up now sends it again and gets a duplicate: the append goes on by itself.
        appended = await self._on.stream.append(envelope)
        return DUPLICATE if appended.is_duplicate else ACCEPTED

    async def _redacted(self, principal: Principal, session_id: str, encoding: str, body: bytes) -> Envelope:
        """Hops 1 to 3: here where that is quick, else in another process."""
        on, tenant_id = self._on, principal.tenant_id
        arrival = Arrival(
            session=SessionKey(tenant_id=tenant_id, project_id=principal.project_id, session_id=session_id),
            received_at_ms=on.now_ms(),
            encoding=encoding,
            body=body,
        )
        hash_key = await on.tenant_keys.derived_key(tenant_id, label="content_hash")
        token_key = await on.tenant_keys.derived_key(tenant_id, label="token")
        envelope = _open_small(arrival, hash_key=hash_key)
        # For a large one, before it is opened: what is over the limit shall cost little.
        self._admit(principal, arrival)
        if envelope is not None:
            return on.redactor.redact(envelope, token_key=token_key)
        return await on.large_bodies.run(
            open_and_redact, arrival, on.redactor, hash_key=hash_key, token_key=token_key
        )

    def _admit(self, principal: Principal, arrival: Arrival) -> None:
        retry_after_s = self._on.rate_limiter.retry_after_s(
            principal.key_id, now_us=arrival.received_at_ms * 1000
        )
        if retry_after_s:
            raise RateLimited(
                "Too many segments for this key.", retry_after_s=retry_after_s, category=RATE_LIMIT_CATEGORY
            )

    def _count(self, principal: Principal, error: Rejected) -> None:
        is_limited = isinstance(error, RateLimited)
        self._on.stream.count(
            Count(
                tenant_id=principal.tenant_id,
                project_id=principal.project_id,
                outcome=Outcome.RATE_LIMITED if is_limited else Outcome.INVALID,
                reason="" if is_limited else error.code,
            )
        )


def _check_head(head: RequestHead, session_id: str) -> None:
    check_content_type(head.content_type)
    if encoding_of(head) not in ENCODINGS:
        raise UnsupportedEncoding("The content encoding must be gzip, zstd or identity.")
    check_length(head)
    if _SESSION_ID.match(session_id) is None:
        raise EnvelopeInvalid("A session_id is 1 to 128 of A-Z a-z 0-9 . _ -", path="session_id")


def _open_small(arrival: Arrival, *, hash_key: bytes) -> Envelope | None:
    """Return the opened envelope; None where it is too large to be opened here."""
    if len(arrival.body) > INLINE_BYTES:
        return None
    try:
        return open_envelope(arrival, hash_key=hash_key, limit_bytes=INLINE_BYTES)
    except EnvelopeTooLarge:
        return None


def _beside(method: str, *, allowed: str) -> Answer:
    """Answer another method on a route that there is."""
    if method == "OPTIONS":
        return PREFLIGHT
    allow = ((b"allow", allowed.encode()),)
    return _refusal(problem(HTTPStatus.METHOD_NOT_ALLOWED, code="method_not_allowed", headers=allow))


def _refusal(refused: Problem) -> Answer:
    return Answer(status=refused.status, headers=(*refused.headers, *CORS), body=refused.body)


# Not counted: a segment that never came whole has no outcome; the SDK sends it again, as after a 5xx.
TOO_SLOW = _refusal(
    problem(HTTPStatus.REQUEST_TIMEOUT, code="request_timeout", headers=((b"connection", b"close"),))
)


async def _send(answer: Answer, send: Send) -> None:
    # A new message each time: servers and their middleware add headers to it.
    await send({"type": "http.response.start", "status": int(answer.status), "headers": list(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})
