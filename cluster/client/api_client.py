"""Reads the API as a program outside would."""

import time
from contextlib import suppress

import httpx
import msgspec

from traceflow.models.errors import NotFound, Rejected, Unavailable

_POLL_S = 0.25


class Evidence(msgspec.Struct, frozen=True):
    """E of the API contract."""

    window_id: str
    segment_id: int
    event_index: int
    at_ms: int


class Signal(msgspec.Struct, frozen=True):
    """A signal as the API tells it."""

    signal_id: str
    kind: str
    at_ms: int
    reason: str
    evidence: list[Evidence]


class Finding(msgspec.Struct, frozen=True):
    """A finding as the API tells it."""

    text: str
    evidence: list[Evidence]
    kind: str = ""


class Insight(msgspec.Struct, frozen=True):
    """An insight as the API tells it."""

    insight_id: str
    provider: str
    summary: str
    findings: list[Finding]


class Part(msgspec.Struct, frozen=True):
    """A part of the frustration score."""

    kind: str
    count: int
    points: float


class Frustration(msgspec.Struct, frozen=True):
    """The frustration score with its parts."""

    score: float
    parts: list[Part]


class Session(msgspec.Struct, frozen=True):
    """A session with what its own page tells."""

    session_id: str
    state: str
    started_at_ms: int | None
    duration_ms: int | None
    events: int
    errors: int
    pages: list[str]
    masked: dict[str, int]
    frustration: Frustration


class _Items(msgspec.Struct):
    items: list[msgspec.Raw]


class ApiClient:
    """One connection to one API."""

    def __init__(self, *, url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=10.0, trust_env=False
        )

    def session(self, session_id: str) -> Session:
        """Return the session; raises NotFound."""
        return msgspec.json.decode(self._get(f"/api/v1/sessions/{session_id}"), type=Session)

    def signals(self, session_id: str) -> list[Signal]:
        """Return the session's signals by time."""
        items = self._items(f"/api/v1/sessions/{session_id}/signals")
        return [msgspec.json.decode(item, type=Signal) for item in items]

    def insights(self, session_id: str) -> list[Insight]:
        """Return the session's insights, the latest first."""
        items = self._items(f"/api/v1/sessions/{session_id}/insights")
        return [msgspec.json.decode(item, type=Insight) for item in items]

    def await_closed(self, session_id: str, *, timeout_s: float) -> Session:
        """Return the session once it is closed; raises Unavailable where that takes too long."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with suppress(NotFound, Unavailable):
                session = self.session(session_id)
                if session.state == "closed":
                    return session
            time.sleep(_POLL_S)
        raise Unavailable(f"session {session_id} did not close within {timeout_s:.0f} s")

    def await_insight(self, session_id: str, *, timeout_s: float) -> Insight:
        """Return the session's insight once there is one; raises Unavailable."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with suppress(NotFound, Unavailable):
                insights = self.insights(session_id)
                if insights:
                    return insights[0]
            time.sleep(_POLL_S)
        raise Unavailable(f"no insight into session {session_id} within {timeout_s:.0f} s")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _items(self, path: str) -> list[msgspec.Raw]:
        return msgspec.json.decode(self._get(path), type=_Items).items

    def _get(self, path: str) -> bytes:
        try:
            response = self._client.get(path)
        except httpx.RequestError as error:
            raise Unavailable("the API does not answer") from error
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotFound(f"{path} is not there")
        if response.is_server_error:
            raise Unavailable(f"the API answers {response.status_code}")
        if response.is_error:
            raise Rejected(f"the API answers {response.status_code}: {response.text[:200]}")
        return response.content
