import gzip
from collections.abc import Callable, Iterator

import httpx
import pytest

from traceflow.cluster.client import segment_sender
from traceflow.cluster.client.segment_sender import SegmentSender
from traceflow.models.errors import Rejected, StreamUnavailable

ACCEPTED = httpx.Response(202, json={"outcome": "accepted"})
CONFLICT = httpx.Response(
    409,
    headers={"content-type": "application/problem+json"},
    content=b'{"code":"segment_conflict","detail":"Other events.","path":"segment_id"}',
)
PROBLEM = {"content-type": "application/problem+json"}


class Ingest:
    """Answers with what it was given, one after the other, and keeps what it was sent."""

    def __init__(self, answers: list[httpx.Response | Exception]) -> None:
        self.bodies: list[bytes] = []
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(gzip.decompress(request.content))
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def sender_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[Ingest], SegmentSender]:
    monkeypatch.setattr(segment_sender, "_FIRST_WAIT_S", 0.0)
    monkeypatch.setattr(segment_sender, "_LONGEST_WAIT_S", 0.0)

    def make(ingest: Ingest) -> SegmentSender:
        sender = SegmentSender(url="http://ingest", key="k")
        sender._client = httpx.AsyncClient(
            base_url="http://ingest", transport=httpx.MockTransport(ingest.answer)
        )
        return sender

    return make


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        httpx.Response(503, headers={"retry-after": "0"}),
        httpx.Response(408, headers=PROBLEM),
        httpx.Response(429, headers={"retry-after": "0", **PROBLEM}),
        httpx.Response(400, headers={"content-type": "text/html"}, content=b"<html>HAProxy"),
        httpx.Response(202, content=b"not ours"),
    ],
)
async def test_what_says_nothing_of_the_segment_is_answered_by_sending_it_again(
    sender_to: Callable[[Ingest], SegmentSender], trouble: httpx.Response | Exception
) -> None:
    ingest = Ingest([trouble, trouble, ACCEPTED])

    answer = await sender_to(ingest).send("s1", b"document")

    assert (answer.outcome, answer.is_duplicate) == ("accepted", False)
    assert ingest.bodies == [b"document"] * 3


async def test_a_refusal_is_final_and_names_its_field(sender_to: Callable[[Ingest], SegmentSender]) -> None:
    ingest = Ingest([CONFLICT])

    with pytest.raises(Rejected, match=r"409 segment_conflict: Other events. \(segment_id\)"):
        await sender_to(ingest).send("s1", b"document")

    assert len(ingest.bodies) == 1


async def test_a_duplicate_is_told(sender_to: Callable[[Ingest], SegmentSender]) -> None:
    ingest = Ingest([httpx.Response(202, json={"outcome": "accepted", "duplicate": True})])

    assert (await sender_to(ingest).send("s1", b"document")).is_duplicate


async def test_it_gives_up_after_eight_tries(sender_to: Callable[[Ingest], SegmentSender]) -> None:
    ingest = Ingest([httpx.ConnectError("refused")] * 9)

    with pytest.raises(StreamUnavailable, match="after 8 tries"):
        await sender_to(ingest).send("s1", b"document")

    assert len(ingest.bodies) == 8
