import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from secrets import token_hex
from time import monotonic

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from traceflow.cluster.binaries.search import find_redis
from traceflow.cluster.embedded.data_dir import data_dir_at
from traceflow.cluster.embedded.ports import PortBook
from traceflow.cluster.embedded.redis import EmbeddedRedis
from traceflow.cluster.embedded.secret_files import prepare_secrets
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.local_object_store import LocalObjectStore
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.store.analysis_store import PostgresAnalysisStore
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import FlushBatch, SessionFlush
from traceflow.datasets.store.key_store import KeyStore
from traceflow.datasets.store.ledger_store import LedgerStore
from traceflow.datasets.store.overview_store import OverviewStore
from traceflow.datasets.store.session_store import SessionStore
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.store.user_store import UserStore
from traceflow.datasets.store.view_store import ViewStore
from traceflow.datasets.streams.redis_connection import StreamSettings, connect
from traceflow.datasets.streams.redis_feed import RedisFeed
from traceflow.datasets.streams.redis_gauge import RedisGauge
from traceflow.datasets.streams.redis_presence import RedisPresence
from traceflow.datasets.vault.tenant_keys import StoredTenantKeys
from traceflow.models.access.scope import Scope
from traceflow.models.access.web_session import new_web_secret
from traceflow.models.detection.frustration import frustration_score
from traceflow.models.detection.profile import WEIGHTS
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.insight.finding import Finding, Insight, analysis_id
from traceflow.models.outcome import Count, Outcome
from traceflow.models.ports import Notice
from traceflow.models.recording.frame import encode_frame, encode_lines, read_frames
from traceflow.models.recording.index import SegmentIndexEntry
from traceflow.models.recording.placement import SegmentFrame, SessionFrames
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionRecord, SessionState
from traceflow.serve.access import Authenticator, WebSessions
from traceflow.serve.api.build import build_api
from traceflow.serve.api.dependencies import ApiDependencies
from traceflow.serve.web_files.reader import WebFiles

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SIGNAL = Signal(
    kind=SignalKind.RAGE_CLICK,
    at_ms=NOW_MS + 2,
    reason="3 clicks in 400 ms",
    evidence=(Evidence(window_id="w1", segment_id=0, event_index=2, at_ms=NOW_MS + 2),),
)


class Starter:
    async def start_session_analysis(self, session: SessionKey, *, revision: int) -> str:
        return analysis_id(session, revision=revision)


@dataclass
class Stack:
    """The API on a real socket, over a real PostgreSQL, Redis and archive with one session in them."""

    url: str
    session: SessionKey
    keys: KeyStore
    feed: RedisFeed
    read_key: str
    users: UserStore

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {key or self.read_key}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=10)


@pytest.fixture
async def stream_settings(tmp_path: Path) -> AsyncIterator[StreamSettings]:
    data_dir = data_dir_at(tmp_path / "data")
    data_dir.prepare()
    password = prepare_secrets(data_dir).redis
    port = PortBook(data_dir.ports, rng=Random()).claim("redis")
    redis = EmbeddedRedis(data_dir=data_dir, binary=find_redis(), port=port, password=password)
    await redis.start()
    yield StreamSettings(url=SecretStr(redis.url))
    await redis.stop()
    data_dir.unlink_runtime_dir()


@pytest.fixture
async def stack(
    store_settings: StoreSettings, stream_settings: StreamSettings, tmp_path: Path
) -> AsyncIterator[Stack]:
    # A tenant of its own: the database is shared.
    key = SessionKey(tenant_id=f"acme-{token_hex(4)}", project_id="shop", session_id="s-1")
    database, redis = Database(store_settings), connect(stream_settings)
    keys, feed, gauge = KeyStore(database), RedisFeed(redis), RedisGauge(stream_settings, redis)
    issued = await keys.create_key(tenant_id=key.tenant_id, project_id="shop", scope=Scope.READ, now=NOW)
    cipher = SessionCipher(StoredTenantKeys(database, root_key=bytes(32)))
    archive = RecordingArchive(LocalObjectStore(tmp_path / "objects"), cipher)
    await fill(key, database, archive, cipher)
    app = build_api(
        ApiDependencies(
            authenticator=Authenticator(keys, clock=monotonic),
            sessions=SessionStore(database),
            insights=PostgresAnalysisStore(database),
            overview=OverviewStore(database),
            recordings=archive,
            ledger=LedgerStore(database),
            gauge=gauge,
            workflows=Starter(),
            feed=feed,
            web_sessions=WebSessions(
                UserStore(database),
                clock=monotonic,
                now=lambda: NOW,
                new_secret=partial(new_web_secret, choose=secrets.choice),
            ),
            keys=keys,
            views=ViewStore(database),
            presence=RedisPresence(redis),
            dashboard=WebFiles(tmp_path / "dashboard"),
            now=lambda: NOW,
            retention="30d",
            probes={"postgres": database.ping, "redis": gauge.lag},
        ),
        version="1.2.3",
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        # The socket listens already: what comes before the server is ready waits in its backlog.
        yield Stack(
            f"http://127.0.0.1:{listener.getsockname()[1]}", key, keys, feed, issued.text, UserStore(database)
        )
        server.should_exit = True
        await serving
    await redis.aclose()
    await database.close()


async def fill(key: SessionKey, database: Database, archive: RecordingArchive, cipher: SessionCipher) -> None:
    wrapped_key = await cipher.new_wrapped_key(key)
    frames = tuple(segment_frame(*place) for place in (("w1", 0), ("w2", 0), ("w1", 1)))
    batch = [SessionFrames(session=key, wrapped_key=wrapped_key, frames=frames)]
    placements = await archive.write_batch(batch, batch_id="b1", day=NOW.date())
    entries = tuple(
        SegmentIndexEntry(
            window_id=place.window_id,
            segment_id=place.segment_id,
            content_hash=bytes(16),
            events=3,
            # The second window began first.
            min_timestamp_ms=NOW_MS + (0 if place.window_id == "w2" else 1),
            max_timestamp_ms=NOW_MS + 3,
            is_final=False,
            received_at_ms=NOW_MS,
            stream_id="1-1",
            object_key=place.object_key,
            block_offset=place.block_offset,
            block_length=place.block_length,
            frame_offset=place.frame_offset,
            frame_length=place.frame_length,
        )
        for place in placements
    )
    count = Count(tenant_id=key.tenant_id, project_id="shop", outcome=Outcome.ACCEPTED, segments=3)
    flush = SessionFlush(record=session_record(key, wrapped_key), segments=entries, signals=(SIGNAL,))
    await ShardStore(database).flush(
        FlushBatch(
            shard=0,
            generation=key.tenant_id,
            expected_last_id=None,
            last_id="1-1",
            sessions=(flush,),
            counts=(count,),
        )
    )
    finding = Finding(kind="rage_click", text="Pay was pressed again and again.", evidence=SIGNAL.evidence)
    insight = Insight(
        insight_id=analysis_id(key, revision=1),
        provider="rules",
        model="rules",
        summary="Paying failed.",
        findings=(finding,),
    )
    await PostgresAnalysisStore(database).store_insight(key, insight, revision=1)


def segment_frame(window_id: str, segment_id: int) -> SegmentFrame:
    events = [b'{"type":3,"timestamp":%d}' % (NOW_MS + number) for number in range(3)]
    lines = encode_lines(events, window_id=window_id, segment_id=segment_id)
    return SegmentFrame(window_id=window_id, segment_id=segment_id, frame=encode_frame(lines))


def session_record(key: SessionKey, wrapped_key: bytes) -> SessionRecord:
    return SessionRecord(
        session=key,
        state=SessionState.CLOSED,
        revision=1,
        started_at_ms=NOW_MS,
        ended_at_ms=NOW_MS + 3,
        first_arrival_ms=NOW_MS,
        opened_at_ms=NOW_MS,
        last_arrival_ms=NOW_MS,
        windows=2,
        events=9,
        errors=0,
        frustration=frustration_score((SIGNAL,), weights=WEIGHTS),
        signal_counts={SignalKind.RAGE_CLICK: 1},
        pages=("https://shop.example/cart",),
        masked={"EMAIL": 2},
        visitor=b"null",
        sdk="web/1.0.0",
        wrapped_key=wrapped_key,
        sampling_probability=1.0,
        sampling_reason="everything",
    )


async def test_a_stored_session_is_read_back_through_every_route(stack: Stack) -> None:
    async with stack.client() as client:
        assert (await client.get("/readyz")).status_code == 200
        listed = (await client.get("/api/v1/sessions", params={"signal": "rage_click"})).json()
        session = (await client.get("/api/v1/sessions/s-1")).json()
        signals = (await client.get("/api/v1/sessions/s-1/signals")).json()
        insights = (await client.get("/api/v1/sessions/s-1/insights")).json()
        ledger = (await client.get("/api/v1/ledger")).json()
        metrics = (await client.get("/metrics")).text

    assert [item["session_id"] for item in listed["items"]] == ["s-1"]
    assert session["masked"] == {"EMAIL": 2}
    assert session["frustration"]["score"] == session["frustration_score"] > 0
    assert [window["segments"] for window in session["completeness"]["windows"]] == [2, 1]
    assert signals["items"][0]["evidence"] == insights["items"][0]["findings"][0]["evidence"]
    assert ledger["items"] == [{"outcome": "accepted", "reason": "", "segments": 3}]
    accepted = next(line for line in metrics.splitlines() if '{outcome="accepted"}' in line)
    assert int(accepted.split()[1]) >= 3


async def test_the_recording_comes_back_event_for_event_in_either_encoding(stack: Stack) -> None:
    bodies = {}
    async with stack.client() as client:
        for accept in ("zstd", "identity"):
            request = client.build_request(
                "GET", "/api/v1/sessions/s-1/recording", headers={"accept-encoding": accept}
            )
            answer = await client.send(request, stream=True)
            bodies[accept] = b"".join([piece async for piece in answer.aiter_raw()])
            await answer.aclose()

    lines = [json.loads(line) for line in read_frames(bodies["zstd"])]
    assert b"".join(line + b"\n" for line in read_frames(bodies["zstd"])) == bodies["identity"]
    assert [(line["window_id"], line["segment_id"]) for line in lines[::3]] == [
        ("w2", 0),
        ("w1", 0),
        ("w1", 1),
    ]
    assert [line["timestamp"] - NOW_MS for line in lines] == [0, 1, 2] * 3


async def test_a_key_of_another_tenant_or_project_sees_nothing_of_it(stack: Stack) -> None:
    for tenant_id, project_id in (("rival", "shop"), (stack.session.tenant_id, "blog")):
        other = await stack.keys.create_key(
            tenant_id=tenant_id, project_id=project_id, scope=Scope.ADMIN, now=NOW
        )
        async with stack.client(other.text) as client:
            assert (await client.get("/api/v1/sessions")).json()["items"] == []
            assert (await client.get("/api/v1/ledger")).json()["items"] == []
            for part in ("", "/recording", "/signals", "/insights"):
                assert (await client.get(f"/api/v1/sessions/s-1{part}")).status_code == 404
            assert (await client.post("/api/v1/sessions/s-1/analyze")).status_code == 404


async def test_what_appears_is_heard_over_a_real_connection(stack: Stack) -> None:
    notice = Notice(kind="signal", session=stack.session, fields={"signal": "rage_click"})
    stranger = Notice(kind="session", session=replace(stack.session, project_id="blog"))
    async with stack.client() as client:
        async with client.stream("GET", "/api/v1/stream") as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            # From now on means from when the feed is read, which no answer tells.
            await asyncio.sleep(0.3)
            await stack.feed.publish([stranger, notice])
            heard = [line async for line in until(lines, "data:") if line]
        position = heard[0].removeprefix("id: ")
        await stack.feed.publish([replace(notice, kind="insight")])
        headers = {"last-event-id": position}
        async with client.stream("GET", "/api/v1/stream", headers=headers) as answer:
            resumed = [line async for line in until(answer.aiter_lines(), "data:") if line]

    assert heard[1:] == [
        "event: signal",
        'data: {"kind":"signal","session_id":"s-1","signal":"rage_click"}',
    ]
    assert "event: insight" in resumed


async def until(lines: AsyncIterator[str], start: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(start):
            return


@pytest.mark.parametrize(
    "target",
    [b"/api/v1/sessions/\xff\xfe", b"/api/v1/sessions?page=\xff", b"/api/v1/sessions/%ff/recording"],
)
async def test_bytes_that_are_no_text_on_the_wire_are_a_4xx(stack: Stack, target: bytes) -> None:
    host, port = stack.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    key = stack.read_key.encode()
    writer.write(b"GET %b HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %b\r\n\r\n" % (target, key))
    status = (await asyncio.wait_for(reader.readline(), 5)).split()[1]
    writer.close()

    assert status in {b"400", b"404"}


async def test_a_browser_signs_in_reads_switches_its_project_and_signs_out(stack: Stack) -> None:
    tenant_id = stack.session.tenant_id
    await stack.keys.create_key(tenant_id=tenant_id, project_id="blog", scope=Scope.READ, now=NOW)
    await stack.users.ensure_user(tenant_id=tenant_id, name="admin", now=NOW)
    token = await stack.users.new_sign_in_token(tenant_id=tenant_id, name="admin", now=NOW)
    async with httpx.AsyncClient(base_url=stack.url, timeout=10) as browser:
        me = (await browser.post("/api/v1/sign-in", json={"token": token.text})).json()
        csrf = {"x-traceflow-csrf": me["csrf_token"]}
        in_blog = await browser.get("/api/v1/sessions")
        in_shop = await browser.get("/api/v1/sessions", params={"project_id": "shop"})
        refused = await browser.post("/api/v1/views", json={"name": "All", "query": "a=1"})
        kept = await browser.post("/api/v1/views", json={"name": "All", "query": "a=1"}, headers=csrf)
        views = await browser.get("/api/v1/views")
        key = await browser.post("/api/v1/keys", json={"scope": "read"}, headers=csrf)
        async with stack.client(key.json()["key"]) as by_key:
            assert (await by_key.get("/api/v1/views")).json() == views.json()
        revoked = await browser.delete(f"/api/v1/keys/{key.json()['key_id']}", headers=csrf)
        system = await browser.get("/api/v1/system")
        out = await browser.post("/api/v1/sign-out", headers=csrf)
        after = await browser.get("/api/v1/me")

    assert [project["project_id"] for project in me["projects"]] == ["blog", "shop"]
    assert in_blog.json()["items"] == []
    assert [item["session_id"] for item in in_shop.json()["items"]] == ["s-1"]
    assert (refused.status_code, kept.status_code, key.status_code) == (403, 201, 201)
    assert views.json()["items"] == [kept.json()]
    assert (revoked.status_code, out.status_code, after.status_code) == (204, 204, 401)
    assert system.json()["stream_lag"] == 0
