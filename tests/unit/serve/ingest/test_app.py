import asyncio
import gzip
import json
from collections.abc import Mapping
from typing import Any

import pytest
import zstandard

from traceflow.models.access.scope import Scope
from traceflow.models.errors import StreamUnavailable
from traceflow.models.outcome import Outcome
from traceflow.serve.ingest.app import INLINE_BYTES

CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Retry-After, X-TraceFlow-Rate-Limits",
}
HTTP = {"type": "http", "method": "POST", "path": "/ingest/v1/sessions/s1/segments", "query_string": b""}


def large(document: dict[str, Any]) -> dict[str, Any]:
    document["events"][0]["data"]["padding"] = "x" * INLINE_BYTES
    return document


def scope_with_key(keys: Mapping[Scope, str]) -> dict[str, Any]:
    key = keys[Scope.INGEST].encode()
    return {
        **HTTP,
        "headers": [(b"authorization", b"Bearer " + key), (b"content-type", b"application/json")],
    }


async def test_a_segment_is_accepted_and_on_the_stream(door: Any) -> None:
    reply = await door.post()

    assert (reply.status, reply.document) == (202, {"outcome": "accepted"})
    assert reply.headers.items() >= CORS.items()
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-length"] == str(len(reply.body))
    [envelope] = door.stream.entries
    assert envelope.session.tenant_id == "acme"
    assert envelope.session.project_id == "shop"
    assert envelope.session.session_id == "s1"
    assert envelope.received_at_ms == 1764000001000
    assert json.loads(envelope.events)[0]["type"] == 4
    assert not door.stream.counts


async def test_only_what_the_redactor_returned_reaches_the_stream(door: Any) -> None:
    await door.post()

    [envelope] = door.stream.entries
    assert envelope.visitor == b"null"
    assert len(envelope.masked) == 1


async def test_a_large_segment_is_taken_the_same_way(door: Any, document: dict[str, Any]) -> None:
    for segment_id, compress in enumerate([bytes, gzip.compress, zstandard.compress]):
        body = compress(json.dumps({**large(document), "segment_id": segment_id}).encode())
        encoding = ["identity", "gzip", "zstd"][segment_id]
        headers = {**_key_headers(door), "content-encoding": encoding}
        assert (await door.request(body, headers=headers)).status == 202

    assert [entry.segment_id for entry in door.stream.entries] == [0, 1, 2]
    assert {entry.visitor for entry in door.stream.entries} == {b"null"}


def _key_headers(_: Any) -> dict[str, str]:
    return {
        "authorization": f"Bearer tf_ingest_{'ingest'.ljust(12, 'k')}_{'ingest'.ljust(43, 's')}",
        "content-type": "application/json",
    }


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("GZIP", gzip.compress), ("zstd", zstandard.compress), ("identity", bytes)],
)
async def test_each_encoding_is_read(
    door: Any, document: dict[str, Any], encoding: str, compress: Any
) -> None:
    headers = {**_key_headers(door), "content-encoding": encoding}

    reply = await door.request(compress(json.dumps(document).encode()), headers=headers)

    assert reply.status == 202


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "text/plain",
        "text/plain;charset=UTF-8",
    ],
)
async def test_json_and_beacons_are_read(door: Any, document: dict[str, Any], content_type: str) -> None:
    headers = {**_key_headers(door), "content-type": content_type}

    assert (await door.request(json.dumps(document).encode(), headers=headers)).status == 202


async def test_a_beacon_brings_its_key_in_the_address(
    door: Any, document: dict[str, Any], keys: Mapping[Scope, str]
) -> None:
    body = json.dumps(document).encode()
    headers = {"content-type": "text/plain;charset=UTF-8"}

    with_key = await door.request(body, query=f"a=1&key={keys[Scope.INGEST]}", headers=headers)
    with_read_key = await door.request(body, query=f"key={keys[Scope.READ]}", headers=headers)
    without = await door.request(body, query="key=&a=1", headers=headers)

    assert (with_key.status, with_read_key.status, without.status) == (202, 403, 401)


@pytest.mark.parametrize("scope", [Scope.READ, Scope.ADMIN, Scope.LLM])
async def test_only_ingest_keys_may_send(
    door: Any, document: dict[str, Any], keys: Mapping[Scope, str], scope: Scope
) -> None:
    headers = {**_key_headers(door), "authorization": f"Bearer {keys[scope]}"}

    reply = await door.request(json.dumps(document).encode(), headers=headers)

    assert (reply.status, reply.document["code"]) == (403, "forbidden")
    assert not door.stream.counts


async def test_a_retry_is_a_duplicate_and_other_events_are_a_conflict(
    door: Any, document: dict[str, Any]
) -> None:
    replies = [
        await door.post(document),
        await door.post({**document, "sent_at_ms": 1764000009000}),
        await door.post({**document, "events": []}),
    ]

    assert [reply.status for reply in replies] == [202, 202, 409]
    assert replies[1].document == {"outcome": "accepted", "duplicate": True}
    assert replies[2].document["code"] == "segment_conflict"
    assert len(door.stream.entries) == 1
    assert door.stream.counts == {
        ("acme", "shop", Outcome.FILTERED, "duplicate"): 1,
        ("acme", "shop", Outcome.INVALID, "conflict"): 1,
    }


async def test_a_body_in_pieces_is_put_together(door: Any, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()

    reply = await door.request([body[:7], b"", body[7:]], headers=_key_headers(door))

    assert reply.status == 202


async def test_a_stream_that_does_not_confirm_is_a_503_to_come_back_to(door: Any) -> None:
    door.stream.failure = StreamUnavailable("Redis did not confirm", retry_after_s=3)

    refused = await door.post()
    door.stream.failure = None
    accepted = await door.post()

    assert (refused.status, refused.headers["retry-after"]) == (503, "3")
    assert refused.headers.items() >= CORS.items()
    assert accepted.document == {"outcome": "accepted"}
    assert not door.stream.counts


async def test_a_key_over_its_limit_is_told_when_to_come_again(
    limited_door: Any, document: dict[str, Any]
) -> None:
    first = await limited_door.post(document)
    second = await limited_door.post({**document, "segment_id": 1})
    third = await limited_door.post(large({**document, "segment_id": 2}))

    assert [first.status, second.status, third.status] == [202, 429, 429]
    assert second.headers["retry-after"] == "3"
    assert second.headers["x-traceflow-rate-limits"] == "3:segment"
    assert second.document["code"] == "rate_limited"
    assert limited_door.stream.counts == {("acme", "shop", Outcome.RATE_LIMITED, ""): 2}


async def test_a_body_announced_over_the_limit_is_refused_unread(door: Any) -> None:
    headers = {**_key_headers(door), "content-length": str(10 * 1024 * 1024 + 1)}

    reply = await door.request([], headers=headers)

    assert (reply.status, reply.document["code"]) == (413, "envelope_too_large")


async def test_a_client_that_goes_within_its_body_is_forgotten(door: Any, keys: Mapping[Scope, str]) -> None:
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    replies = await door.exchange(scope_with_key(keys), messages)

    assert replies == []
    assert not door.stream.counts
    assert (await door.post()).status == 202


async def test_a_body_that_comes_too_slowly_is_given_up(
    impatient_door: Any, keys: Mapping[Scope, str]
) -> None:
    replies: list[Any] = []
    body = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> Any:
        return next(body, None) or await asyncio.Event().wait()

    async def send(message: Any) -> None:
        replies.append(message)

    await impatient_door.app(scope_with_key(keys), receive, send)

    assert replies[0]["status"] == 408
    assert json.loads(replies[1]["body"])["code"] == "request_timeout"
    assert not impatient_door.stream.counts
    assert (await impatient_door.post()).status == 202


async def test_an_answer_may_be_changed_by_the_server_without_changing_the_next(
    door: Any, keys: Mapping[Scope, str], document: dict[str, Any]
) -> None:
    message = {"type": "http.request", "body": json.dumps(document).encode()}

    first = await door.exchange(scope_with_key(keys), [message])
    first[0]["headers"].append((b"x-request-id", b"1"))
    document["segment_id"] = 1
    second = await door.post(document)

    assert "x-request-id" not in second.headers


async def test_browsers_may_ask_first_from_anywhere(door: Any) -> None:
    reply = await door.request(method="OPTIONS")

    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in reply.headers
    assert "POST" in reply.headers["access-control-allow-methods"]
    allowed = reply.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "content-encoding"} <= set(allowed.split(", "))
    assert int(reply.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/ingest/v1/sessions/s1/segments", 405, "POST, OPTIONS"),
        ("PUT", "/ingest/v1/sessions/s1/segments", 405, "POST, OPTIONS"),
        ("OPT", "/ingest/v1/sessions/s1/segments", 405, "POST, OPTIONS"),
        ("POST", "/ingest/v1/sdk.js", 405, "GET, OPTIONS"),
        ("GET", "/ingest/v1/sdk.js", 404, None),
        ("POST", "/ingest/v1/sessions/segments", 404, None),
        ("POST", "/ingest/v1/sessions/s1/segments/", 404, None),
        ("POST", "/ingest/v1/sessions/a/b/segments", 404, None),
        ("POST", "/ingest/v2/sessions/s1/segments", 404, None),
        ("OPTIONS", "/", 404, None),
    ],
)
async def test_other_routes_and_methods_are_refused(
    door: Any, method: str, path: str, status: int, allow: str | None
) -> None:
    reply = await door.request(method=method, path=path)

    assert (reply.status, reply.headers.get("allow")) == (status, allow)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers.items() >= CORS.items()


async def test_the_lifespan_of_the_server_is_followed(door: Any) -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    replies = await door.exchange({"type": "lifespan"}, messages)

    assert [reply["type"] for reply in replies] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


async def test_a_websocket_is_closed(door: Any) -> None:
    replies = await door.exchange({"type": "websocket", "path": "/ingest/v1"}, [])

    assert [reply["type"] for reply in replies] == ["websocket.close"]
