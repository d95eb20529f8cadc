import gzip
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import zstandard

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

MIB = 1024 * 1024
GOOD = (
    b'{"window_id":"w1","segment_id":0,"sent_at_ms":1764000000000,"final":false,'
    b'"sdk":{"name":"web","version":"1.0.0"},"visitor":{"anonymous_id":"v1"},'
    b'"events":[{"type":4,"timestamp":1764000000000,"data":{"href":"/"}}]}'
)
SEGMENT = b'"segment_id":0'
AT = b'"timestamp":1764000000000'
TOO_DEEP = b"[" * 1001 + b"]" * 1001

Refusal = tuple[str, bytes, Mapping[str, str], int, str | None]


def but(old: bytes, new: bytes) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new)


def encoded(encoding: str) -> Mapping[str, str]:
    return {"content-encoding": encoding}


SEGMENTS: list[Refusal] = [
    ("nothing", b"", {}, 400, None),
    ("no json", b"events", {}, 400, None),
    ("an array", b"[" + GOOD + b"]", {}, 400, None),
    ("null", b"null", {}, 400, None),
    ("cut off", GOOD[:-2], {}, 400, None),
    ("two documents", GOOD + b"\n" + GOOD, {}, 400, None),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, {}, 400, None),
    ("utf-16", GOOD.decode().encode("utf-16"), {}, 400, None),
    ("invalid utf-8 in an event", but(b'"/"', b'"\xff"'), {}, 400, None),
    ("invalid utf-8 in the envelope", but(b'"v1"', b'"\xc3\x28"'), {}, 400, None),
    ("an encoded surrogate", but(b'"/"', b'"\xed\xa0\x80"'), {}, 400, None),
    ("NaN in an event", but(b'"/"', b"NaN"), {}, 400, None),
    ("Infinity in an event", but(b'"/"', b"-Infinity"), {}, 400, None),
    ("NaN as a time", but(b"1764000000000,", b"NaN,"), {}, 400, None),
    ("a control character", but(b'"/"', b'"\x00"'), {}, 400, None),
    ("an event nested too deep", but(b'"/"', TOO_DEEP), {}, 400, None),
    ("an event nested by a million", but(b'"/"', b"[" * 10**6), {}, 400, None),
    ("objects nested by 100,000", but(b'"/"', b'{"a":' * 10**5), {}, 400, None),
    ("an unknown field nested too deep", but(b'"final"', b'"x":' + TOO_DEEP + b',"final"'), {}, 400, None),
    ("traits nested too deep", but(b'"v1"', b'"v1","traits":{"x":' + TOO_DEEP + b"}"), {}, 400, None),
    ("no window", but(b'"window_id":"w1",', b""), {}, 400, "window_id"),
    ("a window with a slash", but(b'"w1"', b'"a/b"'), {}, 400, "window_id"),
    ("a long window", but(b'"w1"', b'"' + b"w" * 129 + b'"'), {}, 400, "window_id"),
    ("a window twice", but(b'"window_id":"w1"', b'"window_id":"w1","window_id":"w2"'), {}, 400, "window_id"),
    ("a window with a lone surrogate", but(b'"w1"', b'"\\ud800"'), {}, 400, "window_id"),
    ("no segment", but(b'"segment_id":0,', b""), {}, 400, "segment_id"),
    ("a negative segment", but(SEGMENT, b'"segment_id":-1'), {}, 400, "segment_id"),
    ("segment 2^31", but(SEGMENT, b'"segment_id":2147483648'), {}, 400, "segment_id"),
    ("a huge segment", but(SEGMENT, b'"segment_id":1e999'), {}, 400, "segment_id"),
    ("a segment of many digits", but(SEGMENT, b'"segment_id":' + b"9" * 9999), {}, 400, "segment_id"),
    ("a segment twice", but(SEGMENT, b'"segment_id":0,"segment_id":0'), {}, 400, "segment_id"),
    ("no time of sending", but(b'"sent_at_ms":1764000000000,', b""), {}, 400, "sent_at_ms"),
    ("a huge time of sending", but(b"1764000000000,", b"1e400,"), {}, 400, "sent_at_ms"),
    ("final as a number", but(b"false", b"0"), {}, 400, "final"),
    ("no sdk", but(b'"sdk":{"name":"web","version":"1.0.0"},', b""), {}, 400, "sdk"),
    ("no visitor", but(b'"visitor":{"anonymous_id":"v1"},', b""), {}, 400, "visitor"),
    ("a visitor with a lone surrogate", but(b'"v1"', b'"\\uDC00"'), {}, 400, "visitor"),
    ("a trait with a lone surrogate", but(b'"v1"', b'"v1","traits":{"n":"\\ud83d"}'), {}, 400, "visitor"),
    ("a trait that is huge", but(b'"v1"', b'"v1","traits":{"n":1e999}'), {}, 400, None),
    ("a trait twice", but(b'"v1"', b'"v1","traits":{"n":1,"n":2}'), {}, 400, "n"),
    ("an unknown field twice", but(b'"final"', b'"x":1,"x":2,"final"'), {}, 400, "x"),
    ("no events", GOOD[: GOOD.index(b',"events"')] + b"}", {}, 400, "events"),
    ("events twice", but(b'"events":', b'"events":[],"events":'), {}, 400, "events"),
    ("an event as a number", but(b'"events":[', b'"events":[7,'), {}, 400, "events[0]"),
    ("an event without a type", but(b'"type":4,', b""), {}, 400, "events[0].type"),
    ("an event of type 4.5", but(b'"type":4', b'"type":4.5'), {}, 400, "events[0].type"),
    ("an event without a time", but(AT + b",", b""), {}, 400, "events[0].timestamp"),
    ("an event at 1e999", but(AT, b'"timestamp":1e999'), {}, 400, "events[0].timestamp"),
    ("an event after 2^53", but(AT, b'"timestamp":9007199254740994'), {}, 400, "events[0].timestamp"),
    ("10,001 events", but(b'":[', b'":[' + b'{"type":1,"timestamp":1},' * 10_000), {}, 413, "events"),
    ("plain json called gzip", GOOD, encoded("gzip"), 400, None),
    ("gzip called zstd", gzip.compress(GOOD), encoded("zstd"), 400, None),
    ("zstd called gzip", zstandard.compress(GOOD), encoded("gzip"), 400, None),
    ("gzip called nothing", gzip.compress(GOOD), {}, 400, None),
    ("gzip cut off", gzip.compress(GOOD)[:-5], encoded("gzip"), 400, None),
    ("gzip with a tail", gzip.compress(GOOD) + b"tail", encoded("gzip"), 400, None),
    ("gzip with a wrong sum", gzip.compress(GOOD)[:-8] + bytes(8), encoded("gzip"), 400, None),
    ("zstd cut off", zstandard.compress(GOOD)[:-5], encoded("zstd"), 400, None),
    ("a gzip bomb", gzip.compress(GOOD + b" " * 65 * MIB, 6), encoded("gzip"), 413, None),
    ("a zstd bomb", zstandard.compress(GOOD + b" " * 65 * MIB), encoded("zstd"), 413, None),
    ("over 10 MiB as sent", b" " * 11 * MIB, {}, 413, None),
    ("two encodings", gzip.compress(GOOD), encoded("gzip, gzip"), 415, None),
    ("brotli", GOOD, encoded("br"), 415, None),
    ("no content type", GOOD, {"content-type": ""}, 415, None),
    ("a form's content type", GOOD, {"content-type": "application/x-www-form-urlencoded"}, 415, None),
    ("a latin charset", GOOD, {"content-type": "application/json; charset=iso-8859-1"}, 415, None),
]  # fmt: skip

SESSION_IDS = ["a%20b", "s" * 129, "%C3%A9", "%00", "a%0Ab", "a%3Fb"]

QUERIES = [
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("limit=" + "9" * 5000, "limit"),
    ("sort=name", "sort"),
    ("order=up", "order"),
    ("from_ms=-1", "from_ms"),
    ("to_ms=1e400", "to_ms"),
    ("state=half", "state"),
    ("signal=boredom", "signal"),
    ("min_score=NaN", "min_score"),
    ("has_error=maybe", "has_error"),
    ("page=a%00b", "query"),
    ("page=%ff%fe", "query"),
    ("cursor=%%%", "cursor"),
    ("cursor=W10", "cursor"),
]

DETECTS: list[tuple[bytes, Mapping[str, str], int]] = [
    (b"", {}, 400),
    (b"{", {}, 400),
    (b"[]", {}, 400),
    (b'{"profile":"nobody","events":[]}', {}, 400),
    (b'{"profile":"default","parameters":{"nonsense":1},"events":[]}', {}, 400),
    (b'{"profile":"posthog","parameters":{"click_count":"x"},"events":[]}', {}, 400),
    (b'{"profile":"default"}', {}, 400),
    (b'{"profile":"default","events":[{"type":3}]}', {}, 400),
    (b'{"profile":"default","events":[{"type":3,"timestamp":NaN}]}', {}, 400),
    (b'{"profile":"default","events":[' + TOO_DEEP + b"]}", {}, 400),
    (b'{"profile":"default","events":["\xff"]}', {}, 400),
    (gzip.compress(b'{"profile":"default","events":[]}')[:-4], encoded("gzip"), 400),
    (zstandard.compress(bytes(65 * MIB)), encoded("zstd"), 413),
    (b"{}", encoded("br"), 415),
    (b"{}", {"content-type": "text/html"}, 415),
]

# Whole requests that no client library would send; HAProxy answers some of them itself.
RAW = [
    b"NONSENSE\r\n\r\n",
    b"GET /api/v1/sessions HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET /api/v1/sessions HTTP/1.1\r\n\r\n",
    b"GET /api/v1/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \x01\x02\r\n\r\n",
    b"POST /ingest/v1/sessions/s/segments HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    b"POST /ingest/v1/sessions/s/segments HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /ingest/v1/sessions/s/segments HTTP/1.1\r\nHost: x\r\n"
    b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    b"POST /ingest/v1/sessions/s/segments HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.fixture(scope="module", autouse=True)
def every_process_survives(stack: Any) -> Iterator[None]:
    before = pids(stack)
    yield
    assert pids(stack) == before


@pytest.fixture(autouse=True)
def the_stack_goes_on(stack: Any) -> Iterator[None]:
    yield
    answer = stack.send("bad-input-after", GOOD)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "accepted")
    with stack.api() as api:
        assert api.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "status", "path"), [case[1:] for case in SEGMENTS], ids=[case[0] for case in SEGMENTS]
)
def test_a_malformed_segment_is_refused(
    stack: Any, body: bytes, headers: Mapping[str, str], status: int, path: str | None
) -> None:
    refused = stack.send("bad-input", body, **headers)

    assert_problem(refused, status)
    assert refused.json().get("path") == path


@pytest.mark.parametrize("session_id", SESSION_IDS)
def test_a_session_id_that_is_none_is_refused(stack: Any, session_id: str) -> None:
    assert_problem(stack.send(session_id, GOOD), 400)
    with stack.api() as api:
        assert_problem(api.get(f"/api/v1/sessions/{session_id}"), 404)


@pytest.mark.parametrize(("query", "path"), QUERIES)
def test_a_malformed_query_is_refused(stack: Any, query: str, path: str) -> None:
    with stack.api() as api:
        refused = api.get(httpx.URL(f"{stack.url}/api/v1/sessions", query=query.encode()))

    assert_problem(refused, 400)
    assert refused.json()["path"] == path


@pytest.mark.parametrize(("body", "headers", "status"), DETECTS)
def test_a_malformed_detection_is_refused(
    stack: Any, body: bytes, headers: Mapping[str, str], status: int
) -> None:
    with stack.api() as api:
        sent = {"content-type": "application/json", **headers}
        assert_problem(api.post("/api/v1/detect", content=body, headers=sent), status)


@pytest.mark.parametrize("request_bytes", RAW)
def test_what_is_hardly_http_is_refused_or_hung_up_on(stack: Any, request_bytes: bytes) -> None:
    address = urlsplit(stack.url)
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=20) as client:
        # It may hang up while the rest is still being sent.
        with suppress(OSError):
            client.sendall(request_bytes)
            client.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            answer = client.makefile("rb").readline()

    assert not answer or 400 <= int(answer.split()[1]) < 500, answer


@pytest.mark.parametrize(
    "key", ["nonsense", "tf_read_x_y", "tf_read_" + "a" * 12 + "_" + "b" * 43, "tf_root_{}", "a" * 10_000]
)
def test_a_key_that_is_none_is_401(stack: Any, key: str) -> None:
    with stack.api(key=key) as client:
        assert_problem(client.get("/api/v1/sessions"), 401)
        assert_problem(client.post("/ingest/v1/sessions/bad-input/segments", content=GOOD), 401)


def test_a_key_with_a_wrong_secret_is_401(stack: Any) -> None:
    wrong = stack.read_key[:-1] + ("a" if stack.read_key[-1] != "a" else "b")

    with stack.api(key=wrong) as client:
        assert_problem(client.get("/api/v1/sessions"), 401)


def test_a_key_of_another_scope_is_403(stack: Any) -> None:
    with stack.api(key=stack.ingest_key) as sender:
        for path in ("/sessions", "/sessions/any", "/ledger", "/stream"):
            assert_problem(sender.get(f"/api/v1{path}"), 403)
        assert_problem(sender.post("/api/v1/detect", json={"profile": "default", "events": []}), 403)
    with stack.api() as reader:
        assert_problem(reader.post("/ingest/v1/sessions/bad-input/segments", content=GOOD), 403)
        assert_problem(reader.post("/api/v1/sessions/any/analyze"), 403)


def test_a_read_key_in_the_address_opens_nothing(stack: Any) -> None:
    with httpx.Client(base_url=stack.url, trust_env=False) as client:
        assert_problem(client.get(f"/api/v1/sessions?key={stack.read_key}"), 401)
        beacon = client.post(
            f"/ingest/v1/sessions/bad-input-beacon/segments?key={stack.ingest_key}",
            content=GOOD,
            headers={"content-type": "text/plain;charset=UTF-8"},
        )
    assert beacon.status_code == 202


def test_another_tenants_session_is_not_there(stack: Any) -> None:
    created = [
        stack.run("keys", "create", "--tenant", "other", "--project", "shop", "--scope", scope, "--json")
        for scope in ("ingest", "read", "admin")
    ]
    theirs_ingest, theirs, theirs_admin = (json.loads(each.stdout)["key"] for each in created)
    assert stack.send("bad-input-ours", GOOD.replace(b'"final":false', b'"final":true')).status_code == 202
    stack.await_session("bad-input-ours")

    with stack.api(key=theirs) as stranger:
        for path in ("", "/recording", "/signals", "/insights"):
            assert_problem(stranger.get(f"/api/v1/sessions/bad-input-ours{path}"), 404)
        assert stranger.get("/api/v1/sessions").json()["items"] == []
        assert stranger.get("/api/v1/ledger").json() == {"received": 0, "in_flight": 0, "items": []}
    with stack.api(key=theirs_admin) as stranger:
        assert_problem(stranger.post("/api/v1/sessions/bad-input-ours/analyze"), 404)
    with stack.api(key=theirs_ingest) as sender:
        # The same id is another session there: neither a duplicate nor a conflict.
        body = GOOD.replace(b'"/"', b'"/theirs"')
        json_type = {"content-type": "application/json"}
        answer = sender.post("/ingest/v1/sessions/bad-input-ours/segments", content=body, headers=json_type)
        assert answer.json() == {"outcome": "accepted"}
    assert json.loads(stack.recording_lines("bad-input-ours")[0])["data"] == {"href": "/"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/nothing", 404),
        ("GET", "/assets/nothing.js", 404),
        ("GET", "/live/nothing", 404),
        ("GET", "/api/v2/sessions", 404),
        ("GET", "/ingest/v1/nothing", 404),
        ("DELETE", "/api/v1/sessions", 405),
        ("PUT", "/ingest/v1/sessions/s/segments", 405),
        ("GET", "/ingest/v1/sessions/s/segments", 405),
        ("POST", "/api/v1/sessions/none/analyze", 404),
        ("POST", "/ingest/v1/sessions/..%2f..%2fetc/segments", 404),
    ],
)
def test_a_route_or_method_that_is_not_there_is_a_problem(
    stack: Any, method: str, path: str, status: int
) -> None:
    with stack.api(key=stack.admin_key) as client:
        assert_problem(client.request(method, path), status)


def test_other_events_under_an_accepted_number_are_a_conflict(stack: Any) -> None:
    first = stack.send("bad-input-conflict", GOOD)
    again = stack.send("bad-input-conflict", GOOD.replace(b"1764000000000,", b"1764000000001,", 1))
    other = stack.send("bad-input-conflict", GOOD.replace(b'"/"', b'"/other"'))

    assert first.json() == {"outcome": "accepted"}
    assert again.json() == {"outcome": "accepted", "duplicate": True}
    assert_problem(other, 409)
    assert other.json()["code"] == "segment_conflict"


def test_what_is_odd_inside_an_event_comes_back_byte_for_byte(stack: Any) -> None:
    events = [
        b'{"type":5,"timestamp":1764000000000,"data":{"tag":"track","payload":"\\ud83d alone \\uDE00"}}',
        b'{"type":3,"timestamp":1764000000001,"data":{"n":1e999,"m":-1E+400,"k":123456789012e400}}',
        b'{"type":3,"timestamp":1764000000002,"data":{"a":1,"a":2,"a":{"b":[],"b":[0.10]}}}',
        b'{"type":3,"timestamp":1764000000003,"data":{"x":1.0e-3, "esc\\u0061ped" : "\\/\\u00e9\xc3\xa9"}}',
        b'{"type":99,"timestamp":0.5}',
    ]
    body = GOOD[: GOOD.index(b"[")] + b"[" + b" , ".join(events) + b"]}"

    for number, (content, encoding) in enumerate(
        [(body, "identity"), (gzip.compress(body), "gzip"), (zstandard.compress(body), "zstd")]
    ):
        answer = stack.send(f"bad-input-odd-{number}", content, content_encoding=encoding)
        assert answer.json() == {"outcome": "accepted"}

    for number in range(3):
        stack.await_session(f"bad-input-odd-{number}", state="open")
        lines = stack.recording_lines(f"bad-input-odd-{number}")
        assert lines == [b'{"window_id":"w1","segment_id":0,' + event[1:] for event in events]


def pids(stack: Any) -> dict[str, int]:
    return {each["name"]: each["pid"] for each in stack.await_running()["components"]}


def assert_problem(refused: httpx.Response, status: int) -> None:
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    document = refused.json()
    assert document["status"] == status
    assert document["code"]
    assert document["detail"]
