from typing import Any

import httpx
import pytest
import zstandard

from traceflow.models.errors import ArchiveUnavailable
from traceflow.models.recording.frame import encode_frame, read_frames
from traceflow.serve.api.recording import RecordingBrokenOff

RECORDING = "/api/v1/sessions/s-1/recording"
LINES = [
    b'{"window_id":"w1","segment_id":0,"type":3,"timestamp":1000}',
    b'{"window_id":"w1","segment_id":1,"type":3,"timestamp":1500}',
    b'{"window_id":"w2","segment_id":0,"type":3,"timestamp":2000}',
]
EXPECTED = b"".join(line + b"\n" + line + b"\n" for line in LINES)


async def raw_body(client: httpx.AsyncClient, accept: str) -> tuple[httpx.Response, bytes]:
    async with client.stream("GET", RECORDING, headers={"accept-encoding": accept}) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


async def test_frames_are_passed_on_as_they_are_where_zstd_is_read(
    world: Any, reader: httpx.AsyncClient
) -> None:
    answer, body = await raw_body(reader, "gzip, zstd")

    (entries,) = world.sessions.entries.values()
    frames = {(entry.window_id, entry.segment_id): entry.content_hash for entry in entries}
    assert answer.headers["content-encoding"] == "zstd"
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert body == frames["w1", 0] + frames["w1", 1] + frames["w2", 0]
    assert list(read_frames(body)) == EXPECTED.splitlines()
    # The trap that the contract names: one call gives the first frame only.
    assert len(zstandard.decompress(body)) < len(EXPECTED)


@pytest.mark.parametrize("accept", ["identity", "gzip", "zstd;q=0"])
async def test_lines_are_sent_plain_where_it_is_not(reader: httpx.AsyncClient, accept: str) -> None:
    answer, body = await raw_body(reader, accept)

    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert body == EXPECTED


async def test_accept_encoding_over_several_headers_is_one_list(reader: httpx.AsyncClient) -> None:
    headers = [("accept-encoding", "gzip"), ("accept-encoding", "zstd;q=0.5")]
    async with reader.stream("GET", RECORDING, headers=headers) as answer:
        assert answer.headers["content-encoding"] == "zstd"


async def test_a_recording_without_segments_is_empty(world: Any, reader: httpx.AsyncClient) -> None:
    world.sessions.entries.clear()

    answer, body = await raw_body(reader, "zstd")

    assert (answer.status_code, body) == (200, b"")
    assert "content-encoding" not in answer.headers


async def test_large_frames_come_back_whole(world: Any, reader: httpx.AsyncClient) -> None:
    (key,) = world.sessions.entries
    (entry, *_) = world.sessions.entries[key]
    noise = bytes(zstandard.compress(bytes(range(256)) * 9)).hex().encode()
    lines = b"".join(b'{"n":%d,"noise":"%b"}\n' % (number, noise) for number in range(20_000))
    world.sessions.entries[key] = (type(entry)(**{**fields_of(entry), "content_hash": encode_frame(lines)}),)

    _, body = await raw_body(reader, "identity")

    assert body == lines


def fields_of(entry: Any) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


async def test_an_archive_that_is_down_is_503(world: Any, reader: httpx.AsyncClient) -> None:
    world.recordings.failures[0] = ArchiveUnavailable("connection refused")

    answer = await reader.get(RECORDING)

    assert answer.status_code == 503
    assert answer.json()["code"] == "archive_unavailable"


@pytest.mark.parametrize("accept", ["zstd", "identity"])
async def test_an_archive_that_fails_on_the_way_breaks_the_answer_off(world: Any, accept: str) -> None:
    world.recordings.failures[1] = ArchiveUnavailable("connection refused")
    sent: list[dict[str, Any]] = []
    headers = [
        (b"authorization", f"Bearer {world.keys.issue('read')}".encode()),
        (b"accept-encoding", accept.encode()),
    ]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "path": RECORDING,
        "raw_path": RECORDING.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
    }
    with pytest.raises(RecordingBrokenOff):
        await world.app(scope, receive, send)

    assert sent[0]["status"] == 200
    assert all(message.get("more_body", True) for message in sent)
    assert world.recordings.closed == 1
