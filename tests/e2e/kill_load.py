"""Visits as an SDK would send them, over many connections at once, each segment until it is answered 202."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import httpx

CONNECTIONS = 16
_PAUSE_S = 0.3
_AGAIN_AFTER_S = 0.2
_ANSWER_TIMEOUT_S = 10.0
_STARTED_AT_MS = 1_764_000_000_000
# No digits and no separators: nothing here has the shape of personal data.
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSegment:
    """A segment with the bytes of its ``events`` and of the whole body, the same at each try."""

    session_id: str
    window_id: str
    segment_id: int
    events: bytes
    body: bytes

    @property
    def place(self) -> tuple[str, str, int]:
        return self.session_id, self.window_id, self.segment_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One request, by a monotonic clock; ``answer`` is a status, or the name of what went wrong."""

    sent_at_s: float
    ended_at_s: float
    answer: str


def visit(session_id: str, rng: Random, *, has_error: bool) -> list[SentSegment]:
    """Return a session of several windows, interleaved; each window in order, its last segment final.

    The windows are short: a final segment is flushed at once, and a kill shall hit a flush under way.
    """
    windows = {f"w{number}": rng.randint(1, 5) for number in range(rng.randint(2, 3))}
    turns = [window_id for window_id, segments in windows.items() for _ in range(segments)]
    rng.shuffle(turns)
    sent: Counter[str] = Counter()
    segments: list[SentSegment] = []
    for window_id in turns:
        number = sent[window_id]
        is_final = number == windows[window_id] - 1
        events = _events(rng, at_ms=_STARTED_AT_MS + 1000 * len(segments), has_error=has_error and is_final)
        segments.append(_segment(session_id, window_id, number, events, is_final=is_final))
        sent[window_id] += 1
    return segments


def _segment(
    session_id: str, window_id: str, segment_id: int, events: bytes, *, is_final: bool
) -> SentSegment:
    head = {
        "window_id": window_id,
        "segment_id": segment_id,
        "sent_at_ms": _STARTED_AT_MS,
        "final": is_final,
        "sdk": {"name": "web", "version": "1.0.0"},
        "visitor": {"anonymous_id": session_id},
    }
    body = json.dumps(head).encode()[:-1] + b',"events":' + events + b"}"
    return SentSegment(
        session_id=session_id, window_id=window_id, segment_id=segment_id, events=events, body=body
    )


def _events(rng: Random, *, at_ms: int, has_error: bool) -> bytes:
    events: list[object] = []
    for number in range(rng.randint(3, 10)):
        name = "".join(rng.choices(_LETTERS, k=12))
        payload = {"name": name, "properties": {"step": number}}
        events.append({"type": 5, "timestamp": at_ms + number, "data": {"tag": "track", "payload": payload}})
    if has_error:
        failure = {"name": "TypeError", "message": "cart is empty", "stack": "", "handled": False}
        events.append({"type": 5, "timestamp": at_ms + 99, "data": {"tag": "error", "payload": failure}})
    return json.dumps(events, separators=(",", ":")).encode()


@dataclass(slots=True)
class Load:
    """What was sent over all connections, what was answered, and when."""

    url: str
    key: str
    rng: Random
    accepted: dict[tuple[str, str, int], SentSegment] = field(default_factory=dict)
    duplicates: int = 0
    tries: list[Try] = field(default_factory=list)
    _visits: int = 0

    async def run(self, enough: asyncio.Event, *, at_least: int) -> None:
        """Send visit after visit until there is enough; those that were begun are sent to their end."""
        async with asyncio.TaskGroup() as connections:
            for _ in range(CONNECTIONS):
                connections.create_task(self._connection(enough, at_least=at_least))

    async def send(self, visits: int) -> None:
        """Send so many visits over one connection."""
        async with self._client() as client:
            for segments in self._some(visits):
                for segment in segments:
                    await self._until_accepted(client, segment)

    def answers(self) -> dict[str, int]:
        """Count the tries by their answer."""
        return dict(Counter(each.answer for each in self.tries).most_common())

    def first_accepted_after(self, at_s: float) -> float:
        """Return when a request that was sent after this moment was first accepted."""
        return min(each.ended_at_s for each in self.tries if each.answer == "202" and each.sent_at_s > at_s)

    async def _connection(self, enough: asyncio.Event, *, at_least: int) -> None:
        async with self._client() as client:
            while len(self.accepted) < at_least or not enough.is_set():
                for segment in next(self._some(1)):
                    await self._until_accepted(client, segment)
                    if not enough.is_set():
                        await asyncio.sleep(self.rng.expovariate(1 / _PAUSE_S))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"},
            limits=httpx.Limits(max_connections=1),
            timeout=_ANSWER_TIMEOUT_S,
            trust_env=False,
        )

    def _some(self, visits: int) -> Iterator[list[SentSegment]]:
        for _ in range(visits):
            self._visits += 1
            has_error = self._visits % 10 == 0
            yield visit(f"visit-{self._visits}", self.rng, has_error=has_error)

    async def _until_accepted(self, client: httpx.AsyncClient, segment: SentSegment) -> None:
        while True:
            if await self._is_accepted(client, segment):
                self.accepted[segment.place] = segment
                return
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _is_accepted(self, client: httpx.AsyncClient, segment: SentSegment) -> bool:
        sent_at_s = time.monotonic()
        try:
            answer = await client.post(
                f"/ingest/v1/sessions/{segment.session_id}/segments", content=segment.body
            )
        except httpx.TransportError as error:
            self._note(sent_at_s, type(error).__name__)
            return False
        self._note(sent_at_s, str(answer.status_code))
        if answer.status_code == httpx.codes.ACCEPTED:
            self.duplicates += bool(answer.json().get("duplicate"))
            return True
        is_ours = answer.headers.get("content-type") == "application/problem+json"
        # Any 5xx, or an error that is not problem+json, means: send again. All else would be a loss.
        assert answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or not is_ours, answer.text
        return False

    def _note(self, sent_at_s: float, answer: str) -> None:
        self.tries.append(Try(sent_at_s=sent_at_s, ended_at_s=time.monotonic(), answer=answer))
