import hashlib
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from traceflow.datasets.streams.memory_stream import MemoryStream
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.envelope.depth import allow_deep_json
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import TraceFlowError, Unauthenticated
from traceflow.models.quota.gcra import RateLimit, RateLimiter
from traceflow.serve.access import Authenticator
from traceflow.serve.ingest.app import IngestApp, IngestDependencies
from traceflow.serve.ingest.large_body import LargeBodyWorkers
from traceflow.serve.web_files.reader import WebFiles

KEYS = {scope: f"tf_{scope}_{scope.value.ljust(12, 'k')}_{scope.value.ljust(43, 's')}" for scope in Scope}
DOCUMENT: Mapping[str, Any] = {
    "window_id": "w1",
    "segment_id": 0,
    "sent_at_ms": 1764000000000,
    "final": False,
    "sdk": {"name": "web", "version": "1.0.0"},
    "visitor": {"anonymous_id": "v1", "identified_id": None, "traits": {}},
    "events": [{"type": 4, "timestamp": 1764000000000, "data": {"href": "https://shop.example/"}}],
}


class Directory:
    async def find_principal(self, *, key_id: str, secret_sha256: bytes) -> Principal:
        for scope, key in KEYS.items():
            _, _, known_id, secret = key.split("_")
            if (key_id, secret_sha256) == (known_id, hashlib.sha256(secret.encode()).digest()):
                return Principal(key_id=key_id, tenant_id="acme", project_id="shop", scope=scope)
        raise Unauthenticated("This API key is unknown or revoked.")


class LabelKeys:
    async def derived_key(self, tenant_id: str, *, label: str) -> bytes:
        return hashlib.sha256(f"{tenant_id}/{label}".encode()).digest()


class MarkingRedactor:
    """Puts a mark where the redactor was, and remembers the key it was given."""

    def redact(self, envelope: Envelope, *, token_key: bytes) -> Envelope:
        return replace(envelope, visitor=b"null", masked={token_key.hex()[:8]: 1})


@dataclass
class FailingStream(MemoryStream):
    """A stream that can be told to fail."""

    failure: TraceFlowError | None = None

    def __post_init__(self) -> None:
        super().__init__()

    async def append(self, envelope: Envelope) -> Any:
        if self.failure:
            raise self.failure
        return await super().append(envelope)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Door:
    """Ingest behind a server that does nothing but speak ASGI."""

    app: IngestApp
    stream: FailingStream
    sent: list[Mapping[str, Any]] = field(default_factory=list)

    async def request(
        self,
        body: bytes | list[bytes] = b"",
        *,
        method: str = "POST",
        path: str = "/ingest/v1/sessions/s1/segments",
        query: str = "",
        headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
    ) -> Reply:
        pieces = [body] if isinstance(body, bytes) else body
        messages = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
            for number, piece in enumerate(pieces, 1)
        ]
        lines = list(headers.items()) if isinstance(headers, Mapping) else headers or []
        replies = await self.exchange(
            {
                "type": "http",
                "method": method,
                "path": path,
                "query_string": query.encode(),
                "headers": [(name.encode(), line.encode("latin-1")) for name, line in lines],
            },
            messages,
        )
        start, end = replies
        return Reply(
            status=start["status"],
            headers={name.decode(): line.decode() for name, line in start["headers"]},
            body=end["body"],
        )

    async def exchange(self, scope: Any, messages: list[Any]) -> list[Any]:
        replies: list[Any] = []
        arriving = iter(messages)

        async def receive() -> Any:
            return next(arriving)

        async def send(message: Any) -> None:
            replies.append(message)

        await self.app(scope, receive, send)
        return replies

    async def post(self, document: bytes | Mapping[str, Any] = DOCUMENT, **changes: Any) -> Reply:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"authorization": f"Bearer {KEYS[Scope.INGEST]}", "content-type": "application/json"}
        return await self.request(body, headers=headers, **changes)


def open_door(
    *, rate_limit: RateLimit | None = None, body_timeout_s: float = 5.0, sdk_files: Path = Path("/nowhere")
) -> Iterator[Door]:
    stream = FailingStream()
    workers = LargeBodyWorkers(lambda: ThreadPoolExecutor(1), max_waiting=4)
    yield Door(
        app=IngestApp(
            IngestDependencies(
                authenticator=Authenticator(Directory(), clock=lambda: 100.0),
                tenant_keys=LabelKeys(),
                redactor=MarkingRedactor(),
                stream=stream,
                rate_limiter=RateLimiter(rate_limit),
                large_bodies=workers,
                sdk_files=WebFiles(sdk_files),
                now_ms=lambda: 1764000001000,
                body_timeout_s=body_timeout_s,
            )
        ),
        stream=stream,
    )
    workers.close()


@pytest.fixture
def door() -> Iterator[Door]:
    yield from open_door()


@pytest.fixture
def limited_door() -> Iterator[Door]:
    yield from open_door(rate_limit=RateLimit(interval_us=2_500_000, burst=1))


@pytest.fixture
def impatient_door() -> Iterator[Door]:
    yield from open_door(body_timeout_s=0.01)


@pytest.fixture
def sdk_door(tmp_path: Path) -> Iterator[Door]:
    (tmp_path / "traceflow.js").write_text("record();" * 200)
    (tmp_path / "traceflow-gzip.0123abcdef.js").write_text("gzip();" * 200)
    yield from open_door(sdk_files=tmp_path)


@pytest.fixture
def keys() -> Mapping[Scope, str]:
    return KEYS


@pytest.fixture
def document() -> dict[str, Any]:
    return json.loads(json.dumps(DOCUMENT))  # type: ignore[no-any-return]  # A copy to change freely.


@pytest.fixture(autouse=True)
async def deep_json() -> AsyncIterator[None]:
    before = sys.getrecursionlimit()
    allow_deep_json()
    yield
    sys.setrecursionlimit(before)
