"""Stands between a page and ingest as a proxy, and counts every event that the SDK sends."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import zstandard

from tools.record_pages.loopback import QuietHandler, serving

_HOP_BY_HOP = {"connection", "host", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
_SEGMENTS = ("ingest", "v1", "sessions")

# A type and a time: enough to tell events of one segment apart.
EventMark = tuple[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSegment:
    """A segment as the SDK sent it, and what the answer was."""

    session_id: str
    window_id: str
    segment_id: int
    marks: tuple[EventMark, ...]
    final: bool
    bytes_sent: int
    encoding: str
    status: int


Misbehaviour = Callable[[str], httpx.Response | None]


def _behave(path: str) -> httpx.Response | None:  # noqa: ARG001 - nothing is done to any path
    return None


@dataclass(kw_only=True)
class Tap:
    """All that went through, in order of arrival."""

    upstream: str
    port: int = 0
    segments: list[SentSegment] = field(default_factory=list)
    # Answers in ingest's place, by path; None lets a request through.
    misbehave: Misbehaviour = _behave
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def session_ids(self) -> list[str]:
        with self.lock:
            return list(dict.fromkeys(segment.session_id for segment in self.segments))

    def accepted(self, session_id: str) -> dict[tuple[str, int], SentSegment]:
        """Return what was answered 202, each segment once however often it was sent."""
        with self.lock:
            return {
                (segment.window_id, segment.segment_id): segment
                for segment in self.segments
                if segment.session_id == session_id and segment.status == httpx.codes.ACCEPTED
            }

    def attempts(self, session_id: str) -> list[SentSegment]:
        with self.lock:
            return [segment for segment in self.segments if segment.session_id == session_id]

    def conflicts(self, session_id: str) -> list[tuple[str, int]]:
        """Return the numbers under which different events were sent."""
        seen: dict[tuple[str, int], tuple[EventMark, ...]] = {}
        found = []
        for segment in self.attempts(session_id):
            number = segment.window_id, segment.segment_id
            if seen.setdefault(number, segment.marks) != segment.marks:
                found.append(number)
        return found


@contextmanager
def open_tap(upstream: str) -> Iterator[Tap]:
    """Forward to the stack at the address until the end."""
    tap = Tap(upstream=upstream)
    with httpx.Client(base_url=upstream, timeout=60, trust_env=False) as client:

        class Handler(_Handler):
            pass

        Handler.tap, Handler.client = tap, client
        with serving(Handler) as tap.port:
            yield tap


class _Handler(QuietHandler):
    tap: Tap
    client: httpx.Client

    def answer(self) -> None:
        body = self.read_body()
        said = self.tap.misbehave(self.path) or self._forward(body)
        content = b"".join(said.iter_raw()) if said.is_stream_consumed is False else said.content
        said.close()
        if self.command == "POST" and (where := _session_of(self.path)) is not None:
            segment = _read(where, body, self.headers.get("content-encoding") or "identity", said.status_code)
            with self.tap.lock:
                self.tap.segments.append(segment)
        self._send(said, content)

    def _forward(self, body: bytes) -> httpx.Response:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        return self.client.send(
            self.client.build_request(self.command, self.path, headers=headers, content=body), stream=True
        )

    def _send(self, answer: httpx.Response, content: bytes) -> None:
        try:
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
        except ConnectionError:
            # A page that is gone does not wait for its answer.
            self.close_connection = True


def _session_of(path: str) -> str | None:
    parts = urlsplit(path).path.strip("/").split("/")
    return parts[3] if tuple(parts[:3]) == _SEGMENTS and parts[4:] == ["segments"] else None


def _read(session_id: str, body: bytes, encoding: str, status: int) -> SentSegment:
    document: dict[str, Any] = json.loads(_decoded(body, encoding))
    return SentSegment(
        session_id=session_id,
        window_id=document["window_id"],
        segment_id=document["segment_id"],
        marks=tuple((event["type"], event["timestamp"]) for event in document["events"]),
        final=document.get("final", False),
        bytes_sent=len(body),
        encoding=encoding,
        status=status,
    )


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return body
