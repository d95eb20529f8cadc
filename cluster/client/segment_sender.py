"""Sends segments to ingest as an SDK does: compressed, repeated until answered, never twice counted."""

import asyncio
import gzip
from dataclasses import dataclass

import httpx
import msgspec

from traceflow.models.errors import Rejected, StreamUnavailable

_TRIES = 8
_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 5.0
# A server may ask for more; nobody watches a progress bar for that long.
_LONGEST_RETRY_AFTER_S = 60.0
_ASKS_AGAIN = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What ingest said of a segment."""

    outcome: str
    is_duplicate: bool


class _Accepted(msgspec.Struct):
    outcome: str
    duplicate: bool = False


class _Problem(msgspec.Struct):
    code: str = "unknown"
    detail: str = ""
    path: str = ""


class SegmentSender:
    """One connection pool to one ingest."""

    def __init__(self, *, url: str, key: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={
                "authorization": f"Bearer {key}",
                "content-type": "application/json",
                "content-encoding": "gzip",
            },
            timeout=httpx.Timeout(30.0, connect=5.0),
            trust_env=False,
        )

    async def send(self, session_id: str, document: bytes) -> Answer:
        """Send until answered; raises Rejected for a 4xx, StreamUnavailable where nothing answered."""
        body = await asyncio.to_thread(gzip.compress, document, 1)
        wait_s = _FIRST_WAIT_S
        for _ in range(_TRIES):
            response = await self._try_once(session_id, body)
            accepted = _accepted(response)
            if accepted is not None:
                return Answer(outcome=accepted.outcome, is_duplicate=accepted.duplicate)
            if response is not None and _is_final_refusal(response):
                raise _refusal(response)
            await asyncio.sleep(_retry_after_s(response, wait_s))
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        raise StreamUnavailable(f"{self._url} did not accept the segment after {_TRIES} tries")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _try_once(self, session_id: str, body: bytes) -> httpx.Response | None:
        try:
            return await self._client.post(f"/ingest/v1/sessions/{session_id}/segments", content=body)
        except httpx.RequestError:
            return None


def _accepted(response: httpx.Response | None) -> _Accepted | None:
    if response is None or response.status_code != httpx.codes.ACCEPTED:
        return None
    try:
        return msgspec.json.decode(response.content, type=_Accepted)
    except msgspec.MsgspecError:
        return None


def _is_final_refusal(response: httpx.Response) -> bool:
    # An error that is not problem+json is a proxy's, and says nothing about the segment.
    is_ours = response.headers.get("content-type", "").startswith("application/problem+json")
    return is_ours and response.is_client_error and response.status_code not in _ASKS_AGAIN


def _refusal(response: httpx.Response) -> Rejected:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem(detail=response.reason_phrase)
    where = f" ({problem.path})" if problem.path else ""
    return Rejected(f"{response.status_code} {problem.code}: {problem.detail}{where}")


def _retry_after_s(response: httpx.Response | None, wait_s: float) -> float:
    if response is None:
        return wait_s
    value = response.headers.get("retry-after", "")
    return min(float(value), _LONGEST_RETRY_AFTER_S) if value.isdigit() else wait_s
