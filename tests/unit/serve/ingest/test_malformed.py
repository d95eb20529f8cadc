import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings, strategies as st

from traceflow.models.outcome import Outcome

GOOD = (
    b'{"window_id":"w1","segment_id":0,"sent_at_ms":1764000000000,"final":false,'
    b'"sdk":{"name":"web","version":"1.0.0"},"visitor":{"anonymous_id":"v1"},'
    b'"events":[{"type":4,"timestamp":1764000000000,"data":{"href":"/"}}]}'
)
KEY = f"tf_ingest_{'ingest'.ljust(12, 'k')}_{'ingest'.ljust(43, 's')}"
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
MIB = 1024 * 1024
EVENTS = b'"events":[{"type":4,"timestamp":1764000000000,"data":{"href":"/"}}]'
SEGMENT = b'"segment_id":0'
AT = b'"timestamp":1764000000000'
AT_PATH = "events[0].timestamp"
TOO_DEEP = b"[" * 1001 + b"]" * 1001

Malformed = tuple[str, bytes | list[bytes], Mapping[str, str], int, str | None]


def but(old: bytes, new: bytes) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new)


def encoded(encoding: str) -> Mapping[str, str]:
    return {"content-encoding": encoding}


def spaced(compress: Callable[[bytes], bytes], size: int) -> bytes:
    return compress(GOOD + b" " * size)


BODIES: list[Malformed] = [
    ("nothing", b"", {}, 400, None),
    ("no json", b"events", {}, 400, None),
    ("a form", b"window_id=w1&segment_id=0", {}, 400, None),
    ("an array", b"[" + GOOD + b"]", {}, 400, None),
    ("null", b"null", {}, 400, None),
    ("cut off", GOOD[:-2], {}, 400, None),
    ("something after it", GOOD + b"{}", {}, 400, None),
    ("two documents", GOOD + b"\n" + GOOD, {}, 400, None),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, {}, 400, None),
    ("utf-16", GOOD.decode().encode("utf-16"), {}, 400, None),
    ("single quotes", GOOD.replace(b'"', b"'"), {}, 400, None),
    ("a comment", GOOD + b"// ok", {}, 400, None),
    ("invalid utf-8 in an event", but(b'"/"', b'"\xff"'), {}, 400, None),
    ("invalid utf-8 in the envelope", but(b'"v1"', b'"\xc3\x28"'), {}, 400, None),
    ("an encoded surrogate", but(b'"/"', b'"\xed\xa0\x80"'), {}, 400, None),
    ("an overlong slash", but(b'"/"', b'"\xc0\xaf"'), {}, 400, None),
    ("NaN in an event", but(b'"/"', b"NaN"), {}, 400, None),
    ("Infinity in an event", but(b'"/"', b"Infinity"), {}, 400, None),
    ("NaN as a time", but(b"1764000000000,", b"NaN,"), {}, 400, None),
    ("a control character", but(b'"/"', b'"\x00"'), {}, 400, None),
    ("a bad escape", but(b'"/"', b'"\\q"'), {}, 400, None),
    ("half an escape", but(b'"/"', b'"\\u12"'), {}, 400, None),
    ("a trailing comma", but(b'"/"', b'"/",'), {}, 400, None),
    ("a leading zero", but(b'"/"', b"01"), {}, 400, None),
    ("an event nested too deep", but(b'"/"', TOO_DEEP), {}, 400, None),
    ("an event nested by a million", but(b'"/"', b"[" * 10**6), {}, 400, None),
    ("objects nested by 100,000", but(b'"/"', b'{"a":' * 10**5), {}, 400, None),
    ("an unknown field nested too deep", but(b'"final"', b'"x":' + TOO_DEEP + b',"final"'), {}, 400, None),
    ("no window", but(b'"window_id":"w1",', b""), {}, 400, "window_id"),
    ("an empty window", but(b'"w1"', b'""'), {}, 400, "window_id"),
    ("a window with a slash", but(b'"w1"', b'"a/b"'), {}, 400, "window_id"),
    ("a long window", but(b'"w1"', b'"' + b"w" * 129 + b'"'), {}, 400, "window_id"),
    ("a window twice", but(b'"window_id":"w1"', b'"window_id":"w1","window_id":"w2"'), {}, 400, "window_id"),
    ("a window with a lone surrogate", but(b'"w1"', b'"\\ud800"'), {}, 400, "window_id"),
    ("no segment", but(b'"segment_id":0,', b""), {}, 400, "segment_id"),
    ("a negative segment", but(SEGMENT, b'"segment_id":-1'), {}, 400, "segment_id"),
    ("segment 2^31", but(SEGMENT, b'"segment_id":2147483648'), {}, 400, "segment_id"),
    ("a huge segment", but(SEGMENT, b'"segment_id":1e999'), {}, 400, "segment_id"),
    ("a segment of many digits", but(SEGMENT, b'"segment_id":' + b"9" * 9999), {}, 400, "segment_id"),
    ("half a segment", but(SEGMENT, b'"segment_id":0.5'), {}, 400, "segment_id"),
    ("a segment in quotes", but(SEGMENT, b'"segment_id":"0"'), {}, 400, "segment_id"),
    ("no time of sending", but(b'"sent_at_ms":1764000000000,', b""), {}, 400, "sent_at_ms"),
    ("a time before 1970", but(b'"sent_at_ms":1', b'"sent_at_ms":-1'), {}, 400, "sent_at_ms"),
    ("final as a number", but(b"false", b"0"), {}, 400, "final"),
    ("no sdk", but(b'"sdk":{"name":"web","version":"1.0.0"},', b""), {}, 400, "sdk"),
    ("an sdk without a version", but(b',"version":"1.0.0"', b""), {}, 400, "sdk.version"),
    ("no visitor", but(b'"visitor":{"anonymous_id":"v1"},', b""), {}, 400, "visitor"),
    ("a visitor without an id", but(b'"anonymous_id":"v1"', b""), {}, 400, "visitor.anonymous_id"),
    ("a visitor as a text", but(b'{"anonymous_id":"v1"}', b'"v1"'), {}, 400, "visitor"),
    ("a visitor with a lone surrogate", but(b'"v1"', b'"\\uDC00"'), {}, 400, "visitor"),
    ("traits as a list", but(b'"v1"', b'"v1","traits":[1]'), {}, 400, "visitor.traits"),
    ("traits with a huge number", but(b'"v1"', b'"v1","traits":{"n":1e999}'), {}, 400, None),
    ("traits with a key twice", but(b'"v1"', b'"v1","traits":{"n":1,"n":2}'), {}, 400, "n"),
    ("no events", but(b"," + EVENTS, b""), {}, 400, "events"),
    ("events as an object", but(b'"events":[', b'"events":{"0":').replace(b"]}", b"}}"), {}, 400, "events"),
    ("events twice", but(b'"events":', b'"events":[],"events":'), {}, 400, "events"),
    ("an event as a number", but(b'"events":[', b'"events":[7,'), {}, 400, "events[0]"),
    ("an event without a type", but(b'"type":4,', b""), {}, 400, "events[0].type"),
    ("an event of type 4.5", but(b'"type":4', b'"type":4.5'), {}, 400, "events[0].type"),
    ("an event of type true", but(b'"type":4', b'"type":true'), {}, 400, "events[0].type"),
    ("an event of type '4'", but(b'"type":4', b'"type":"4"'), {}, 400, "events[0].type"),
    ("an event without a time", but(b'"timestamp":1764000000000,', b""), {}, 400, AT_PATH),
    ("an event at null", but(AT, b'"timestamp":null'), {}, 400, AT_PATH),
    ("an event at -1", but(AT, b'"timestamp":-1'), {}, 400, AT_PATH),
    ("an event at 1e999", but(AT, b'"timestamp":1e999'), {}, 400, AT_PATH),
    ("an event after 2^53", but(AT, b'"timestamp":9007199254740994'), {}, 400, AT_PATH),
    ("10,001 events", but(b'":[', b'":[' + b'{"type":1,"timestamp":1},' * 10_000), {}, 413, "events"),
    ("plain json called gzip", GOOD, encoded("gzip"), 400, None),
    ("plain json called zstd", GOOD, encoded("zstd"), 400, None),
    ("gzip called zstd", gzip.compress(GOOD), encoded("zstd"), 400, None),
    ("zstd called gzip", zstandard.compress(GOOD), encoded("gzip"), 400, None),
    ("gzip called nothing", gzip.compress(GOOD), {}, 400, None),
    ("gzip cut off", gzip.compress(GOOD)[:-5], encoded("gzip"), 400, None),
    ("gzip with a tail", gzip.compress(GOOD) + b"tail", encoded("gzip"), 400, None),
    ("gzip with a wrong sum", gzip.compress(GOOD)[:-8] + bytes(8), encoded("gzip"), 400, None),
    ("gzip twice", gzip.compress(gzip.compress(GOOD)), encoded("gzip"), 400, None),
    ("gzip of nothing", gzip.compress(b""), encoded("gzip"), 400, None),
    ("zstd cut off", zstandard.compress(GOOD)[:-5], encoded("zstd"), 400, None),
    ("zstd with a tail", zstandard.compress(GOOD) + b"tail", encoded("zstd"), 400, None),
    ("an empty zstd", b"", encoded("zstd"), 400, None),
    ("a gzip bomb", spaced(gzip.compress, 65 * MIB), encoded("gzip"), 413, None),
    ("a zstd bomb", spaced(zstandard.compress, 65 * MIB), encoded("zstd"), 413, None),
    ("over 10 MiB as sent", [b" " * MIB] * 11, {}, 413, None),
    ("over 10 MiB announced", b"", {"content-length": "10485761"}, 413, None),
    ("a length of many digits", b"", {"content-length": "9" * 9999}, 413, None),
    ("a length that is none", b"", {"content-length": "ten"}, 400, None),
    ("a negative length", b"", {"content-length": "-1"}, 400, None),
    ("two encodings", gzip.compress(GOOD), encoded("gzip, gzip"), 415, None),
    ("brotli", GOOD, encoded("br"), 415, None),
    ("deflate", GOOD, encoded("deflate"), 415, None),
    ("no content type", GOOD, {"content-type": ""}, 415, None),
    ("a form's content type", GOOD, {"content-type": "application/x-www-form-urlencoded"}, 415, None),
    ("two content types", GOOD, {"content-type": "application/json, text/plain"}, 415, None),
    ("a latin charset", GOOD, {"content-type": "application/json; charset=iso-8859-1"}, 415, None),
]  # fmt: skip

CODES = {400: "envelope_invalid", 413: "envelope_too_large", 415: "unsupported_encoding"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "path"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES]
)
async def test_a_malformed_segment_is_refused_counted_and_survived(
    door: Any, body: bytes | list[bytes], headers: Mapping[str, str], status: int, path: str | None
) -> None:
    refused = await door.request(body, headers={**HEADERS, **headers})
    good = await door.request(GOOD, headers=HEADERS)

    assert refused.status == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["access-control-allow-origin"] == "*"
    assert refused.document["status"] == status
    assert refused.document["code"] == CODES[status]
    assert refused.document["detail"]
    assert refused.document.get("path") == path
    assert door.stream.counts == {("acme", "shop", Outcome.INVALID, CODES[status]): 1}
    assert good.status == 202
    assert len(door.stream.entries) == 1


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        KEY,
        f"Basic {KEY}",
        "Bearer tf_ingest",
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}X",
        "Bearer tf_ingest_unknownkkkkk_" + "s" * 43,
        f"Bearer {KEY.replace('ingest_', 'root_')}",
        "Bearer \xff\xfe",
        "Bearer " + "a" * 100_000,
    ],
)
async def test_without_a_known_key_nothing_is_read_or_counted(door: Any, authorization: str | None) -> None:
    headers = {"content-type": "application/json"}
    if authorization is not None:
        headers["authorization"] = authorization

    refused = await door.request([], headers=headers)

    assert (refused.status, refused.document["code"]) == (401, "unauthenticated")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert not door.stream.counts
    assert (await door.request(GOOD, headers=HEADERS)).status == 202


@pytest.mark.parametrize("session_id", ["", "a b", "s" * 129, "é", "s\n", "s%2F", "s?"])
async def test_a_session_id_that_is_none_is_refused(door: Any, session_id: str) -> None:
    refused = await door.request(GOOD, path=f"/ingest/v1/sessions/{session_id}/segments", headers=HEADERS)

    assert (refused.status, refused.document["path"]) == (400, "session_id")


async def test_an_encoding_that_is_given_in_two_lines_is_refused(door: Any) -> None:
    lines = [*HEADERS.items(), ("content-encoding", "gzip"), ("content-encoding", "gzip")]

    assert (await door.request(gzip.compress(GOOD), headers=lines)).status == 415


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    noise=st.binary(max_size=200),
    span=st.slices(len(GOOD)),
    encoding=st.sampled_from(["", "gzip", "zstd", "br", "gzip, zstd", "\xff"]),
    content_type=st.sampled_from(
        ["application/json"] * 5 + ["x; charset=y", "; ;=", "\xe9", "a; charset*=x''y"]
    ),
)
async def test_no_bytes_make_the_door_fail(
    door: Any, noise: bytes, span: slice, encoding: str, content_type: str
) -> None:
    headers = {**HEADERS, "content-encoding": encoding, "content-type": content_type}
    damaged = bytearray(GOOD)
    damaged[span.start or 0 : span.stop or 0] = noise
    body = bytes(damaged)

    for sent in (noise, body, gzip.compress(body), zstandard.compress(body)):
        reply = await door.request(sent, headers=headers)
        assert reply.status in {202, 400, 409, 413, 415}
        assert json.loads(reply.body)
