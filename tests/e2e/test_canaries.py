import asyncio
import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import pytest
import zstandard

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

DRIVER = Path(__file__).with_name("unredacted_stack.py")
START_TIMEOUT_S = 300
LARGE_BYTES = 200 * 1024
# Where a file is larger, it is searched as it lies and for what its frames hold, not for what it decodes to.
DECODED_BYTES = 2 * 1024 * 1024
# Every kind of place that was searched must have been there.
KINDS = {
    "stream",
    "redis stream",
    "redis hash",
    "redis string",
    "table sessions",
    "table segments",
    "table signals",
    "table events",
    "table insights",
    "block of",
    "workflow",
    "file logs/stack.log",
    "file logs/postgres.log",
    "file logs/redis.log",
    "file logs/temporal.log",
    "file run/ray/",
    "file redis/appendonlydir/",
    "file temporal/temporal.db",
    "answer to /api/v1/sessions?",
    "answer to /api/v1/sessions/canary-gzip/recording",
    "answer to /api/v1/sessions/canary-gzip/insights",
    "answer to /api/v1/ledger",
    "answer to /metrics",
    "refusal",
}

Place = tuple[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Where needles were looked for, and those that were found, by place."""

    places: list[str]
    found: dict[str, set[bytes]]

    def found_at(self, prefix: str) -> set[bytes]:
        return set().union(*(needles for place, needles in self.found.items() if place.startswith(prefix)))


@pytest.fixture(scope="module")
def redacted(stack: Any, canary_events: Any, search: Any) -> Searched:
    return plant_and_search(stack, canary_events, search)


@pytest.fixture(scope="module")
def unredacted(
    redacted: Searched, canary_events: Any, search: Any, toolbox: Any, environment: Mapping[str, str]
) -> Searched:
    # After the other one: two stacks at once would take a small machine's memory.
    assert redacted.places
    with toolbox.reachable_dir() as directory, unredacted_stack(directory, toolbox, environment) as stack:
        return plant_and_search(stack, canary_events, search)


def test_every_kind_of_place_was_searched(redacted: Searched) -> None:
    missing = {kind for kind in KINDS if not any(place.startswith(kind) for place in redacted.places)}

    assert not missing


def test_no_personal_data_is_found_anywhere(redacted: Searched) -> None:
    assert redacted.found == {}


def test_what_was_masked_is_counted(redacted: Searched, stack: Any) -> None:
    assert redacted.places
    for encoding in ("identity", "gzip", "zstd", "large"):
        masked = stack.session(f"canary-{encoding}")["masked"]
        assert {"EMAIL", "CARD", "PHONE", "IBAN", "SSN", "IP", "JWT"} <= set(masked)


@pytest.mark.parametrize(
    "prefix", ["stream", "block of", "answer to /api/v1/sessions/canary-gzip/recording", "file redis/"]
)
def test_without_redaction_the_same_search_finds_all_of_it(
    unredacted: Searched, canary_events: Any, prefix: str
) -> None:
    assert canary_events.planted <= unredacted.found_at(prefix)


@pytest.mark.parametrize("prefix", ["table sessions", "table events", "workflow"])
def test_without_redaction_the_same_search_finds_what_is_told_of_the_session(
    unredacted: Searched, prefix: str
) -> None:
    assert unredacted.found_at(prefix)


def test_without_redaction_the_logs_hold_nothing_still(unredacted: Searched) -> None:
    assert unredacted.found_at("file logs/") == set()
    assert unredacted.found_at("file run/") == set()
    assert unredacted.found_at("refusal") == set()


def plant_and_search(stack: Any, canaries: Any, search: Any) -> Searched:
    settings = stack.settings()
    sessions = documents(canaries)
    # Stopped, so that the entries are still there to be read; nothing of a stream outlives its processing.
    with frozen(stack.await_pid("session_processor")):
        for session_id, (body, encoding) in sessions.items():
            answer = stack.send(session_id, body, content_encoding=encoding)
            assert answer.status_code == 202, answer.text
        refusals = misbehave(stack, canaries)
        streamed = asyncio.run(search.stream_places(settings))
    for session_id in sessions:
        stack.await_session(session_id, timeout_s=60)
        stack.await_insight(session_id)
    with stack.api() as api:
        places = search.everything(stack.data_dir, settings, api, list(sessions))
    return searched([*streamed, *refusals, *places], canaries)


def documents(canaries: Any) -> dict[str, tuple[bytes, str]]:
    personal = next(e["data"]["payload"] for e in canaries.events if e["data"].get("tag") == "identify")
    forms = next(e["data"]["payload"] for e in canaries.events if e["data"].get("tag") == "forms")
    # Three in a row are a signal, which is told of too.
    click = {"type": 3, "timestamp": 1764000000900, "data": {"source": 2, "type": 2, "id": 7, "x": 1, "y": 1}}
    events = [*canaries.events, click, click, click]
    envelope = {
        "window_id": "w1",
        "segment_id": 0,
        "sent_at_ms": 1764000000000,
        "final": True,
        "sdk": {"name": personal["email"], "version": personal["phone"]},
        "visitor": {
            "anonymous_id": personal["email"],
            "identified_id": personal["id"],
            "traits": {**personal, personal["email"]: 1, "deep": [{"er": forms}]},
        },
        "ignored": forms,
        "events": events,
    }
    plain = json.dumps(envelope).encode()
    spelled_out = json.dumps(envelope, ensure_ascii=False).encode()
    filler = {"type": 3, "timestamp": 1764000000000, "data": {"source": 0, "texts": "x" * LARGE_BYTES}}
    large = json.dumps({**envelope, "events": [*events, filler]}).encode()
    return {
        "canary-identity": (plain, "identity"),
        "canary-gzip": (gzip.compress(plain), "gzip"),
        "canary-zstd": (zstandard.compress(spelled_out), "zstd"),
        "canary-large": (large, "identity"),
    }


def misbehave(stack: Any, canaries: Any) -> list[Place]:
    """Send what is refused, full of personal data: what is wrong with it must be said without it."""
    bodies = documents(canaries)
    good = json.loads(bodies["canary-identity"][0])
    email = good["visitor"]["anonymous_id"]
    wrong = [
        {**good, "window_id": email},
        {**good, "segment_id": email},
        {**good, "final": email},
        {**good, "sdk": email},
        {**good, "visitor": [good["visitor"]]},
        {**good, "visitor": {"traits": good["visitor"]["traits"]}},
        {**good, "events": [*good["events"], {"type": email, "timestamp": 1}]},
        {**good, "events": [*good["events"], {"type": 3, "timestamp": email}]},
        {**good, "events": [*good["events"], email]},
        {**good, "events": good["events"] * 300},
        {name: value for name, value in good.items() if name != "segment_id"},
    ]
    plain = bodies["canary-identity"][0]
    sent = [
        *(stack.send("canary-refused", json.dumps(document).encode()) for document in wrong),
        stack.send("canary-refused", plain[:-3]),
        stack.send("canary-refused", b"[" * 5000 + plain),
        stack.send("canary-refused", plain.replace(b'"type"', b'"type\xff"', 1)),
        stack.send("canary-refused", gzip.compress(plain)[:-3], content_encoding="gzip"),
        stack.send("canary-refused", plain, content_encoding=email),
        stack.send("canary-refused", plain, content_type=f"text/{email}"),
        stack.send(quote(email), plain),
        # The same again, which is answered 202, and other events under its number, which is a conflict.
        stack.send("canary-gzip", plain),
        stack.send("canary-gzip", plain.replace(b"zq", b"zQ", 1)),
    ]
    token = next(each.decode() for each in canaries.needles if each.startswith(b"zqSecret"))
    with stack.api(key=token) as stranger:
        sent.append(stranger.get("/api/v1/sessions"))
    headers = {"user-agent": email, "referer": f"https://x.example/?u={email}", "cookie": f"sid={token}"}
    with stack.api() as reader:
        queries = ("limit", "cursor", "sort", "from_ms", "state", "signal", "page", "has_error", token)
        sent += [reader.get(f"/api/v1/sessions?{name}={quote(email)}", headers=headers) for name in queries]
        sent.append(reader.get(f"/api/v1/sessions/{quote(email)}/recording", headers=headers))
        sent.append(reader.get(f"/{quote(email)}", headers=headers))
        sent.append(reader.get("/api/v1/stream", headers={"last-event-id": email}))
        for profile in ("default", email):
            detect = {"profile": profile, "events": canaries.events}
            sent.append(reader.post("/api/v1/detect", json=detect, headers=headers))
        wrong_value = {"profile": "posthog", "parameters": {"click_count": email}, "events": canaries.events}
        sent.append(reader.post("/api/v1/detect", json=wrong_value))
        # Its answer names the parameter, and is not searched; what it leaves in logs is.
        wrong_name = {"profile": "posthog", "parameters": {email: token}, "events": canaries.events}
        assert reader.post("/api/v1/detect", json=wrong_name).status_code == 400
    assert [(a.request.url, a.text) for a in sent if a.status_code >= 500] == []
    return [(f"refusal {answer.status_code}", said(answer)) for answer in sent]


def said(answer: httpx.Response) -> bytes:
    return repr(answer.headers).encode() + answer.content


def searched(places: list[Place], canaries: Any) -> Searched:
    names: dict[bytes, set[str]] = {}
    for name, content in places:
        names.setdefault(content, set()).add(name)
    found: dict[str, set[bytes]] = {}
    for content, where in names.items():
        for name in where if (needles := needles_in(content, canaries)) else ():
            found.setdefault(name, set()).update(needles)
    return Searched(places=[name for name, _ in places], found=found)


def needles_in(content: bytes, canaries: Any) -> set[bytes]:
    if len(content) > DECODED_BYTES:
        return {needle for needle in canaries.needles if needle in content}
    needles: set[bytes] = canaries.found_in(content)
    return needles


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    process = psutil.Process(pid)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@contextmanager
def unredacted_stack(directory: Path, toolbox: Any, environment: Mapping[str, str]) -> Iterator[Any]:
    data_dir = directory / "data"
    with (directory / "supervisor.log").open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, str(DRIVER), str(data_dir)],
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(environment),
            cwd="/",
        )
    try:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"ready\n", (directory / "supervisor.log").read_text()
        yield toolbox.start_stack(data_dir, environment=environment)
    finally:
        supervisor.terminate()
        supervisor.wait(timeout=120)
