import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import zstandard

LONG = "9" * 5000
JSON = {"content-type": "application/json"}
SESSIONS = "/api/v1/sessions"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        (f"limit={LONG}", "limit"),
        ("limit=NaN", "limit"),
        ("limit=%00", "query"),
        ("sort=name", "sort"),
        ("order=up", "order"),
        ("from_ms=-1", "from_ms"),
        ("from_ms=9007199254740993", "from_ms"),
        (f"to_ms={LONG}", "to_ms"),
        ("to_ms=1e400", "to_ms"),
        ("state=half", "state"),
        ("signal=boredom", "signal"),
        ("min_score=NaN", "min_score"),
        ("min_score=inf", "min_score"),
        ("min_score=1e999", "min_score"),
        ("min_score=-1", "min_score"),
        ("has_error=maybe", "has_error"),
        ("page=a%00b", "query"),
        ("page=%ff%fe", "query"),
        ("page=%ed%a0%80", "query"),
        ("page=", "page"),
        ("page=" + "a" * 10_000, "page"),
        ("cursor=%%%", "cursor"),
        ("cursor=AAAA", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=" + "A" * 5000, "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("%ff=1", "query"),
    ],
)
async def test_a_bad_query_is_400_and_names_the_field(
    reader: httpx.AsyncClient, query: str, path: str
) -> None:
    answer = await reader.get(httpx.URL(f"http://api{SESSIONS}", query=query.encode()))

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "request_invalid"
    assert answer.json()["path"] == path


async def test_a_cursor_of_another_order_is_400(world: Any, reader: httpx.AsyncClient) -> None:
    (record,) = world.sessions.records.values()
    for number in range(3):
        other = type(record.session)(tenant_id="acme", project_id="shop", session_id=f"t-{number}")
        world.sessions.records[other] = record
    cursor = (await reader.get(SESSIONS, params={"limit": 1})).json()["next_cursor"]

    answer = await reader.get(SESSIONS, params={"cursor": cursor, "order": "asc"})

    assert (answer.status_code, answer.json()["path"]) == (400, "cursor")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sessions/%00",
        "/api/v1/sessions/%ff",
        "/api/v1/sessions/" + "a" * 129,
        "/api/v1/sessions/a%20b",
        "/api/v1/sessions/..%2f..%2fetc",
        "/api/v1/sessions/s-1%0a",
        "/api/v1/sessions/s-1/nothing",
        "/api/v1/sessions/",
        "/api/v1/sessions//recording",
        "/api/v2/sessions",
        "/api/v1",
        "/api",
        "/healthz/",
        "/ingest/nothing",
        "/-/nothing",
    ],
)
async def test_what_is_not_there_is_a_404_problem(reader: httpx.AsyncClient, path: str) -> None:
    answer = await reader.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/v1/sessions/s-1", "GET"),
        ("PUT", "/api/v1/sessions", "GET"),
        ("GET", "/api/v1/detect", "POST"),
        ("GET", "/api/v1/sessions/s-1/analyze", "POST"),
        ("POST", "/healthz", "GET"),
        ("TRACE", "/api/v1/ledger", "GET"),
    ],
)
async def test_a_wrong_method_is_a_405_problem_that_says_the_right_one(
    reader: httpx.AsyncClient, method: str, path: str, allow: str
) -> None:
    answer = await reader.request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b"null", None),
        (b'{"events":[]} x', None),
        (b'{"profile":"default"}', "events"),
        (b'{"events":{}}', "events"),
        (b'{"events":"[]"}', "events"),
        (b'{"events":[1]}', "events[0]"),
        (b'{"events":[{"timestamp":1}]}', "events[0].type"),
        (b'{"events":[{"type":3}]}', "events[0].timestamp"),
        (b'{"events":[{"type":3,"timestamp":1},{"type":3,"timestamp":"1"}]}', "events[1].timestamp"),
        (b'{"events":[{"type":3,"timestamp":NaN}]}', None),
        (b'{"events":[{"type":3,"timestamp":1e400}]}', "events[0].timestamp"),
        (b'{"events":[{"type":3,"timestamp":' + LONG.encode() + b"}]}", "events[0].timestamp"),
        (b'{"events":[{"type":' + LONG.encode() + b',"timestamp":1}]}', "events[0].type"),
        (b'{"events":[{"type":3,"timestamp":-1}]}', "events[0].timestamp"),
        (b'{"events":[{"type":true,"timestamp":1}]}', "events[0].type"),
        (b'{"events":[],"profile":"mine"}', "profile"),
        (b'{"events":[],"profile":7}', "profile"),
        (b'{"events":[],"parameters":[]}', "parameters"),
        (b'{"events":[],"parameters":{"speed":1}}', "parameters.speed"),
        (b'{"events":[],"parameters":{"thrash_turns":"many"}}', "parameters.thrash_turns"),
        (b'{"events":[],"parameters":{"thrash_turns":-1}}', "parameters.thrash_turns"),
        (b'{"events":[],"parameters":{"thrash_window_ms":1e999}}', None),
        (b'{"events":[],"parameters":{"thrash_window_ms":' + LONG.encode() + b"}}", None),
        (b'{"events":[],"parameters":{"\\ud800":1}}', "parameters.\ufffd"),
        (b'{"events":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", None),
        (b'{"events":[],"extra":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", None),
        (b'{"events":[{"type":3,"timestamp":1,"data":"\xff"}]}', None),
        (b"\x00" * 100, None),
    ],
)
async def test_a_bad_body_of_detect_is_400(reader: httpx.AsyncClient, body: bytes, path: str | None) -> None:
    answer = await reader.post("/api/v1/detect", content=body, headers=JSON)

    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "request_invalid"
    assert path is None or answer.json().get("path") == path


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "text/plain"}, b"{}", 415),
        ({}, b"{}", 415),
        ({**JSON, "content-encoding": "br"}, b"{}", 415),
        ({**JSON, "content-encoding": "gzip, zstd"}, b"{}", 415),
        ({**JSON, "content-encoding": "gzip"}, b"{}", 400),
        ({**JSON, "content-encoding": "gzip"}, gzip.compress(b'{"events":[]}')[:-4], 400),
        ({**JSON, "content-encoding": "zstd"}, b"{}", 400),
        ({**JSON, "content-encoding": "zstd"}, zstandard.compress(b'{"events":[]}')[:-1], 400),
        ({**JSON, "content-encoding": "gzip"}, gzip.compress(bytes(65 * 1024 * 1024), 1), 413),
        ({**JSON, "content-encoding": "zstd"}, zstandard.compress(bytes(65 * 1024 * 1024)), 413),
    ],
)
async def test_a_body_that_is_not_what_its_headers_say_is_refused(
    reader: httpx.AsyncClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await reader.post("/api/v1/detect", content=body, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_over_the_limit_is_413_before_it_is_all_there(reader: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(1024 * 1024)

    answer = await reader.post("/api/v1/detect", content=endless(), headers=JSON)

    assert (answer.status_code, sent) == (413, 65)


@pytest.mark.parametrize(
    "header", ["Basic abc", "Bearer", "Bearer \xff\xfe", "Bearer " + "x" * 50_000, "\x01"]
)
async def test_a_broken_key_header_is_401(world: Any, header: str) -> None:
    async with world.client(None) as client:
        answer = await client.get(SESSIONS, headers={"authorization": header.encode("latin-1")})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("position", ["x", "1", "-1-0", "1-99999999999999999999", "$", "1-0\t", "9" * 5000])
async def test_a_bad_last_event_id_is_400(reader: httpx.AsyncClient, position: str) -> None:
    answer = await reader.get("/api/v1/stream", headers={"last-event-id": position})

    assert (answer.status_code, answer.json()["path"]) == (400, "Last-Event-ID")


async def test_a_fault_of_ours_is_a_problem_that_tells_nothing(world: Any, reader: httpx.AsyncClient) -> None:
    world.sessions.failure = RuntimeError("password=hunter2")

    answer = await reader.get(SESSIONS)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "hunter2" not in answer.text
