import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from traceflow.datasets.store.memory_sign_ins import MemorySignIns
from traceflow.models.access.api_key import IssuedApiKey, new_api_key
from traceflow.models.access.key_record import ApiKeyRecord
from traceflow.models.access.saved_view import SavedView
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.access.web_session import SignedIn, WebSecret, new_web_secret
from traceflow.models.detection.frustration import Frustration, FrustrationPart
from traceflow.models.detection.place import SignalPlace
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.enrichment.client import Client
from traceflow.models.errors import NotFound, TraceFlowError, Unauthenticated
from traceflow.models.evidence import Evidence
from traceflow.models.insight.finding import Finding, Insight, analysis_id
from traceflow.models.ledger import Ledger
from traceflow.models.outcome import Count, Outcome
from traceflow.models.ports import Notice
from traceflow.models.presence import Presence
from traceflow.models.recording.frame import encode_frame, encode_lines
from traceflow.models.recording.index import RecordingIndex, SegmentIndexEntry, recording_order
from traceflow.models.recording.placement import FrameAddress
from traceflow.models.session.key import SessionKey
from traceflow.models.session.listing import (
    FacetValue,
    SessionFacets,
    SessionPage,
    SessionQuery,
    cursor_behind,
    sort_value,
)
from traceflow.models.session.overview import (
    ErrorGroup,
    Example,
    FrustrationBucket,
    Hotspot,
    HotspotQuery,
    Hotspots,
    Overview,
    Period,
    Problem,
)
from traceflow.models.session.session import SessionRecord, SessionState, StoredSignal
from traceflow.models.session.timeline_mark import TimelineMark
from traceflow.serve.access import Authenticator, WebSessions
from traceflow.serve.api.build import build_api
from traceflow.serve.api.dependencies import ApiDependencies
from traceflow.serve.web_files.reader import WebFiles

KEY = SessionKey(tenant_id="acme", project_id="shop", session_id="s-1")
EVIDENCE = Evidence(window_id="w1", segment_id=0, event_index=2, at_ms=1_700_000_001_000)
SECRET = "S" * 43
PAGE = "https://shop.example/cart"


def session_record(
    session_id: str, *, started_at_ms: int = 1_700_000_000_000, score: float = 25.0
) -> SessionRecord:
    return SessionRecord(
        session=replace(KEY, session_id=session_id),
        state=SessionState.CLOSED,
        revision=3,
        started_at_ms=started_at_ms,
        ended_at_ms=started_at_ms + 60_000,
        first_arrival_ms=started_at_ms,
        opened_at_ms=started_at_ms,
        last_arrival_ms=started_at_ms,
        windows=2,
        events=9,
        errors=1,
        frustration=Frustration(
            score=score, parts=(FrustrationPart(kind=SignalKind.RAGE_CLICK, count=1, points=score),)
        ),
        signal_counts={SignalKind.RAGE_CLICK: 1, SignalKind.DEAD_CLICK: 0},
        pages=("https://shop.example/cart",),
        masked={"EMAIL": 2},
        visitor=b'{"anonymous_id":"a-1","identified_id":null,"traits":{"plan":"pro"}}',
        sdk="web/1.0.0",
        wrapped_key=b"wrapped",
        sampling_probability=1.0,
        sampling_reason="everything",
        client=Client(device="mobile", browser="Safari", os="iOS", release="7"),
        timeline=(TimelineMark(kind="rage_click", at_ms=1_700_000_001_000),),
    )


def index_entry(
    window_id: str, segment_id: int, *, at_ms: int, snapshot: bool | None = True
) -> SegmentIndexEntry:
    event = b'{"type":3,"timestamp":%d}' % at_ms
    frame = encode_frame(encode_lines([event] * 2, window_id=window_id, segment_id=segment_id))
    return SegmentIndexEntry(
        window_id=window_id,
        segment_id=segment_id,
        content_hash=frame,
        events=2,
        min_timestamp_ms=at_ms,
        max_timestamp_ms=at_ms,
        is_final=segment_id == 1,
        received_at_ms=at_ms,
        stream_id="1-1",
        object_key="recordings/30d/2026-01-02/b.blocks",
        block_offset=0,
        block_length=1,
        frame_offset=0,
        frame_length=len(frame),
        has_full_snapshot=snapshot,
    )


@dataclass
class MemorySessions:
    records: dict[SessionKey, SessionRecord] = field(default_factory=dict)
    entries: dict[SessionKey, tuple[SegmentIndexEntry, ...]] = field(default_factory=dict)
    queries: list[SessionQuery] = field(default_factory=list)
    failure: TraceFlowError | None = None

    async def list_sessions(self, *, tenant_id: str, project_id: str, query: SessionQuery) -> SessionPage:
        self._fail()
        self.queries.append(query)
        mine = [
            record
            for key, record in self.records.items()
            if (key.tenant_id, key.project_id) == (tenant_id, project_id)
        ]
        mine.sort(key=self._place(query), reverse=query.order == "desc")
        position = query.position()
        if position is not None:
            places = [(position.value, position.session_id), *map(self._place(query), mine)]
            mine = [
                record
                for record in mine
                if (self._place(query)(record) < places[0]) == (query.order == "desc")
                and self._place(query)(record) != places[0]
            ]
        items = tuple(mine[: query.limit])
        more = len(mine) > len(items)
        cursor = cursor_behind(items[-1], sort=query.sort, order=query.order) if more else None
        return SessionPage(items=items, next_cursor=cursor)

    async def facets(self, *, tenant_id: str, project_id: str, query: SessionQuery) -> SessionFacets:
        self._fail()
        self.queries.append(query)
        owner = (tenant_id, project_id)
        mine = sum((key.tenant_id, key.project_id) == owner for key in self.records)
        return SessionFacets(device=(FacetValue(value="mobile", sessions=mine),))

    async def session(self, key: SessionKey) -> SessionRecord:
        self._fail()
        if key not in self.records:
            raise NotFound("There is no such session.")
        return self.records[key]

    async def signals(self, key: SessionKey) -> tuple[StoredSignal, ...]:
        await self.session(key)
        signal = Signal(
            kind=SignalKind.RAGE_CLICK,
            at_ms=EVIDENCE.at_ms,
            reason="3 clicks in 400 ms",
            evidence=(EVIDENCE,),
        )
        place = SignalPlace(page=PAGE, element="button#pay", x=1, y=2, viewport_width=1280)
        return (StoredSignal(signal_id="sig-1", signal=signal, place=place),) if key == KEY else ()

    async def insights(self, session: SessionKey) -> tuple[Insight, ...]:
        await self.session(session)
        finding = Finding(kind="rage_click", text="They pressed pay again and again.", evidence=(EVIDENCE,))
        insight = Insight(
            insight_id=analysis_id(session, revision=3),
            provider="rules",
            model="rules",
            summary="Paying failed.",
            findings=(finding,),
            rejected={"wrong_kind": 1},
        )
        return (insight,) if session == KEY else ()

    async def recording_index(self, key: SessionKey) -> RecordingIndex:
        record = await self.session(key)
        return RecordingIndex(
            wrapped_key=record.wrapped_key, entries=recording_order(self.entries.get(key, ()))
        )

    def _place(self, query: SessionQuery):  # type: ignore[no-untyped-def]
        return lambda record: (sort_value(record, sort=query.sort), record.session.session_id)

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


@dataclass
class MemoryOverview:
    asked: list[tuple[str, str, Period | HotspotQuery]] = field(default_factory=list)

    async def overview(self, *, tenant_id: str, project_id: str, period: Period) -> Overview:
        self.asked.append((tenant_id, project_id, period))
        example = Example(session_id="s-1", at_ms=EVIDENCE.at_ms)
        bucket = FrustrationBucket(at_ms=1_699_999_200_000, sessions=4, mean_score=20.5, p90_score=66.0)
        problem = Problem(
            kind="rage_click", page=PAGE, element=None, signals=5, sessions=2, share=0.5, example=example
        )
        group = ErrorGroup(
            group_id="ab12",
            name="TypeError",
            message="x is undefined",
            events=3,
            sessions=1,
            first_at_ms=1,
            last_at_ms=2,
            example=example,
        )
        return Overview(
            sessions=4,
            sessions_with_signals=2,
            median_score=None,
            frustration=(bucket,),
            bucket_ms=3_600_000,
            problems=(problem,),
            errors=(group,),
        )

    async def hotspots(self, *, tenant_id: str, project_id: str, query: HotspotQuery) -> Hotspots:
        self.asked.append((tenant_id, project_id, query))
        point = Hotspot(x=10, y=20, viewport_width=None, signals=2)
        snapshot = Example(session_id="s-1", at_ms=EVIDENCE.at_ms)
        return Hotspots(page=query.page, signals=2, sessions=1, snapshot=snapshot, points=(point,))


@dataclass
class MemoryRecordings:
    """Frames stand in the entry's content hash: this twin keeps no blocks."""

    failures: dict[int, TraceFlowError] = field(default_factory=dict)
    closed: int = 0

    async def read(
        self, session: SessionKey, *, wrapped_key: bytes, entries: Iterable[FrameAddress]
    ) -> AsyncGenerator[bytes, None]:
        assert (session, wrapped_key) == (KEY, b"wrapped")
        try:
            for number, entry in enumerate(entries):
                if number in self.failures:
                    raise self.failures[number]
                assert isinstance(entry, SegmentIndexEntry)
                yield entry.content_hash
        finally:
            self.closed += 1


@dataclass
class MemoryLedger:
    failure: TraceFlowError | None = None

    async def ledger(self, *, tenant_id: str, project_id: str) -> Ledger:
        owner = {"tenant_id": tenant_id, "project_id": project_id}
        counts = (
            Count(**owner, outcome=Outcome.ACCEPTED, segments=7),
            Count(**owner, outcome=Outcome.FILTERED, reason="duplicate", segments=2),
        )
        return Ledger(received=12, counts=counts)

    async def totals(self) -> Mapping[Outcome, int]:
        if self.failure:
            raise self.failure
        return {Outcome.ACCEPTED: 7, Outcome.FILTERED: 2}


class FixedGauge:
    async def lag(self) -> int:
        return 5

    async def in_flight(self, *, tenant_id: str, project_id: str) -> int:
        return 3 if (tenant_id, project_id) == ("acme", "shop") else 0


@dataclass
class RecordingStarter:
    started: list[tuple[SessionKey, int]] = field(default_factory=list)

    async def start_session_analysis(self, session: SessionKey, *, revision: int) -> str:
        self.started.append((session, revision))
        return analysis_id(session, revision=revision)


@dataclass
class MemoryFeed:
    notices: list[tuple[str, Notice]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    failure: TraceFlowError | None = None

    async def publish(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self.notices.append((f"{len(self.notices) + 1}-0", notice))
        self.arrived.set()

    async def listen(
        self, *, tenant_id: str, project_id: str, after: str | None
    ) -> AsyncIterator[tuple[str, Notice]]:
        seen = len(self.notices) if after is None else int(after.split("-")[0])
        while True:
            while seen < len(self.notices):
                position, notice = self.notices[seen]
                seen += 1
                if (notice.session.tenant_id, notice.session.project_id) == (tenant_id, project_id):
                    yield position, notice
            if self.failure:
                raise self.failure
            self.arrived.clear()
            await self.arrived.wait()


class MemoryKeys:
    def __init__(self) -> None:
        self.owners: dict[str, Principal] = {}

    def issue(self, scope: Scope, *, tenant_id: str = "acme", project_id: str = "shop") -> str:
        key_id = f"{scope}{len(self.owners)}".ljust(12, "k")
        self.owners[key_id] = Principal(
            key_id=key_id, tenant_id=tenant_id, project_id=project_id, scope=scope
        )
        return f"tf_{scope}_{key_id}_{SECRET}"

    async def find_principal(self, *, key_id: str, secret_sha256: bytes) -> Principal:
        if key_id not in self.owners or secret_sha256 != hashlib.sha256(SECRET.encode()).digest():
            raise Unauthenticated("This API key is unknown or revoked.")
        return self.owners[key_id]


@dataclass
class MemoryKeyRegister:
    records: list[ApiKeyRecord] = field(default_factory=list)

    async def project_keys(self, *, tenant_id: str, project_id: str) -> tuple[ApiKeyRecord, ...]:
        owner = (tenant_id, project_id)
        return tuple(each for each in self.records if (each.tenant_id, each.project_id) == owner)

    async def create_key(
        self, *, tenant_id: str, project_id: str, scope: Scope, now: datetime
    ) -> IssuedApiKey:
        number = len(self.records)
        issued = new_api_key(scope, choose=lambda letters: letters[number])
        self.records.append(
            ApiKeyRecord(
                key_id=issued.key_id,
                tenant_id=tenant_id,
                project_id=project_id,
                scope=scope,
                created_at=now,
                revoked_at=None,
            )
        )
        return issued

    async def revoke_project_key(
        self, key_id: str, *, tenant_id: str, project_id: str, now: datetime
    ) -> None:
        for number, each in enumerate(self.records):
            if (each.key_id, each.tenant_id, each.project_id) == (key_id, tenant_id, project_id):
                self.records[number] = replace(each, revoked_at=now)
                return
        raise NotFound("There is no key of this id.")


@dataclass
class MemoryViews:
    kept: dict[tuple[str, str, str], SavedView] = field(default_factory=dict)

    async def views(self, *, tenant_id: str, project_id: str) -> tuple[SavedView, ...]:
        return tuple(view for place, view in self.kept.items() if place[:2] == (tenant_id, project_id))

    async def add_view(self, view: SavedView, *, tenant_id: str, project_id: str) -> None:
        self.kept[tenant_id, project_id, view.view_id] = view

    async def remove_view(self, view_id: str, *, tenant_id: str, project_id: str) -> None:
        if self.kept.pop((tenant_id, project_id, view_id), None) is None:
            raise NotFound("There is no such view.")


@dataclass
class MemoryPresence:
    processes: list[Presence] = field(default_factory=list)
    failure: TraceFlowError | None = None

    async def present(self) -> list[Presence]:
        if self.failure:
            raise self.failure
        return self.processes


class Clock:
    """Both clocks of the API: seconds that pass, and the time of day."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_700_000_000 + self.passed_s, UTC)


@dataclass
class Users:
    """Sign-in links of one user, and browsers that used them."""

    sign_ins: MemorySignIns
    clock: Clock
    new_secret: Callable[[], WebSecret]

    def token(self, *, tenant_id: str = "acme", projects: tuple[str, ...] = ("blog", "shop")) -> str:
        secret = self.new_secret()
        user = SignedIn(user_id="user-1", name="admin", tenant_id=tenant_id, projects=projects)
        self.sign_ins.give_token(user, token_sha256=secret.sha256, now=self.clock.now())
        return secret.text


@dataclass
class World:
    sessions: MemorySessions
    overview: MemoryOverview
    recordings: MemoryRecordings
    ledger: MemoryLedger
    starter: RecordingStarter
    feed: MemoryFeed
    keys: MemoryKeys
    probes: dict[str, object]
    register: MemoryKeyRegister
    views: MemoryViews
    presence: MemoryPresence
    services: dict[str, object]
    clock: Clock
    users: Users
    dashboard: Path
    app: FastAPI

    def client(self, key: str | None) -> httpx.AsyncClient:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    async def browser(self, **user: object) -> httpx.AsyncClient:
        """A signed-in browser whose page sends the CSRF token, as the dashboard does."""
        token = self.users.token(**user)  # type: ignore[arg-type]
        async with self.client(None) as signing_in:
            answer = await signing_in.post("/api/v1/sign-in", json={"token": token})
        client = self.client(None)
        client.cookies.update(signing_in.cookies)
        client.headers["x-traceflow-csrf"] = answer.json()["csrf_token"]
        return client


@pytest.fixture
def world(tmp_path: Path) -> World:
    sessions, recordings, ledger = MemorySessions(), MemoryRecordings(), MemoryLedger()
    overview, starter, feed, keys = MemoryOverview(), RecordingStarter(), MemoryFeed(), MemoryKeys()
    probes: dict[str, object] = {}
    sessions.records[KEY] = session_record("s-1")
    sessions.entries[KEY] = (
        index_entry("w2", 0, at_ms=2000, snapshot=False),
        index_entry("w1", 1, at_ms=1500, snapshot=False),
        index_entry("w1", 0, at_ms=1000),
    )
    register, views, presence, clock = MemoryKeyRegister(), MemoryViews(), MemoryPresence(), Clock()
    services: dict[str, object] = {}
    numbers = count()
    sign_ins = MemorySignIns()
    users = Users(
        sign_ins,
        clock,
        # Secrets that differ, and are the same in every run.
        lambda: new_web_secret(choose=lambda letters: letters[next(numbers) * 7 % 61]),
    )
    app = build_api(
        ApiDependencies(
            authenticator=Authenticator(keys, clock=lambda: 0.0),
            sessions=sessions,
            overview=overview,
            insights=sessions,
            recordings=recordings,
            ledger=ledger,
            gauge=FixedGauge(),
            workflows=starter,
            feed=feed,
            web_sessions=WebSessions(
                sign_ins, clock=lambda: clock.passed_s, now=clock.now, new_secret=users.new_secret
            ),
            keys=register,
            views=views,
            presence=presence,
            dashboard=WebFiles(tmp_path / "dashboard"),
            now=clock.now,
            retention="30d",
            probes=probes,  # type: ignore[arg-type]
            services=services,  # type: ignore[arg-type]
        ),
        version="1.2.3",
    )
    return World(
        sessions=sessions,
        overview=overview,
        recordings=recordings,
        ledger=ledger,
        starter=starter,
        feed=feed,
        keys=keys,
        probes=probes,
        register=register,
        views=views,
        presence=presence,
        services=services,
        clock=clock,
        users=users,
        dashboard=tmp_path / "dashboard",
        app=app,
    )


@pytest.fixture
async def reader(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client(world.keys.issue(Scope.READ)) as client:
        yield client


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client(world.keys.issue(Scope.ADMIN)) as client:
        yield client
