import asyncio
import logging
import os
import re
import signal
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import psutil
import pytest

from traceflow.cluster.cli.status import ComponentLine, read_status
from traceflow.cluster.embedded.component import ComponentReport
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.stack_state import StackState, read_state
from traceflow.cluster.settings import StackSettings
from traceflow.datasets.archive.cipher import SessionCipher
from traceflow.datasets.archive.object_stores import open_object_store
from traceflow.datasets.archive.recording_archive import RecordingArchive
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.session_store import SessionStore
from traceflow.datasets.vault.root_key import read_root_key
from traceflow.datasets.vault.tenant_keys import StoredTenantKeys
from traceflow.models.envelope.decode import content_hash
from traceflow.models.recording.frame import read_frames
from traceflow.models.session.key import SessionKey

pytestmark = pytest.mark.e2e

log = logging.getLogger(__name__)

TENANT = PROJECT = "default"
KILLED = ("ingest", "session_processor", "redis", "postgres", "temporal", "workflow_worker")
KILLS_OF_EACH = 5
SEGMENTS_AT_LEAST = 2000
# What was answered 202 is readable within this after a recovery (ARCHITECTURE, section 6).
READABLE_WITHIN_S = 60.0
BACK_WITHIN_S = 120.0
LOOK_EVERY_S = 0.25
# Long enough for a second victim to fall while the first is still on its way back, or just after.
LONGEST_PAUSE_S = 4.0

_LINE = re.compile(rb'\{"window_id":"([^"]+)","segment_id":(\d+),')


@dataclass(slots=True)
class Watch:
    """What ``status`` says, as of a moment ago."""

    data_dir: DataDir
    lines: dict[str, ComponentLine] = field(default_factory=dict)
    stream_lag: int | None = None

    async def look(self) -> None:
        status = await asyncio.to_thread(read_status, self.data_dir)
        self.lines = {line.name: line for line in status.components}
        self.stream_lag = status.stream_lag

    def pid(self, component: str) -> int | None:
        line = self.lines.get(component)
        return line.pid if line is not None and line.state == "running" else None


@dataclass(slots=True)
class Kill:
    """A process that was killed, and when another of its component ran."""

    component: str
    pid: int
    at_s: float
    back_at_s: float | None = None


class Killer:
    """Kills the components of a running stack, each as often, in random order at random moments."""

    def __init__(self, watch: Watch, rng: Random) -> None:
        self._watch = watch
        self._rng = rng
        self.kills: list[Kill] = []

    async def run(self) -> None:
        victims = [component for component in KILLED for _ in range(KILLS_OF_EACH)]
        self._rng.shuffle(victims)
        for component in victims:
            await asyncio.sleep(self._rng.uniform(0, LONGEST_PAUSE_S))
            await self._kill(component)
        await self._until(lambda: all(kill.back_at_s is not None for kill in self.kills))

    async def _kill(self, component: str) -> None:
        await self._until(lambda: self._is_alive(component))
        pid = self._watch.pid(component)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.kills.append(Kill(component=component, pid=pid, at_s=time.monotonic()))

    def _is_alive(self, component: str) -> bool:
        pid = self._watch.pid(component)
        return pid is not None and pid not in self._killed(component) and psutil.pid_exists(pid)

    def _killed(self, component: str) -> set[int]:
        return {kill.pid for kill in self.kills if kill.component == component}

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(BACK_WITHIN_S):
            while True:
                await self._watch.look()
                self._note_recoveries()
                if is_so():
                    return
                await asyncio.sleep(LOOK_EVERY_S)

    def _note_recoveries(self) -> None:
        for kill in self.kills:
            if kill.back_at_s is None and self._is_alive(kill.component):
                kill.back_at_s = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What rows and decrypted frames hold; each segment as often as it is found."""

    rows: list[tuple[str, str, int, bytes]]
    frames: list[tuple[str, str, int, bytes]]
    events: dict[tuple[str, str, int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The store and the archive, opened with the root key as the product opens them."""

    sessions: SessionStore
    archive: RecordingArchive
    hash_key: bytes

    def hash_of(self, events: bytes) -> bytes:
        return content_hash(events, key=self.hash_key)

    async def read(self, session_ids: Iterable[str]) -> Stored:
        stored = Stored(rows=[], frames=[], events={})
        for session_id in session_ids:
            await self._read_session(session_id, stored)
        return stored

    async def _read_session(self, session_id: str, stored: Stored) -> None:
        key = SessionKey(tenant_id=TENANT, project_id=PROJECT, session_id=session_id)
        index = await self.sessions.recording_index(key)
        for entry in index.entries:
            place = (session_id, entry.window_id, entry.segment_id)
            stored.rows.append((*place, entry.content_hash))
            pieces = self.archive.read(key, wrapped_key=index.wrapped_key, entries=[entry])
            for place_in_frame, events in _events_of(b"".join([piece async for piece in pieces])).items():
                framed = (session_id, *place_in_frame)
                stored.frames.append((*framed, self.hash_of(events)))
                stored.events[framed] = events


def _events_of(frames: bytes) -> dict[tuple[str, int], bytes]:
    """Put the lines of frames back into the arrays of events that were sent."""
    lines: dict[tuple[str, int], list[bytes]] = defaultdict(list)
    for line in read_frames(frames):
        head = _LINE.match(line)
        assert head is not None
        lines[head[1].decode(), int(head[2])].append(b"{" + line[head.end() :])
    return {place: b"[" + b",".join(events) + b"]" for place, events in lines.items()}


@asynccontextmanager
async def open_vault(data_dir: Path) -> AsyncIterator[Vault]:
    settings = StackSettings.model_validate_json((data_dir / "run" / "stack.json").read_bytes())
    database = Database(settings.store)
    keys = StoredTenantKeys(database, root_key=read_root_key(settings.root_key_file))
    try:
        yield Vault(
            sessions=SessionStore(database),
            archive=RecordingArchive(open_object_store(settings.archive), SessionCipher(keys)),
            hash_key=await keys.derived_key(TENANT, label="content_hash"),
        )
    finally:
        await database.close()


def listed_sessions(api: httpx.Client) -> list[str]:
    listed: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = api.get("/api/v1/sessions", params=parameters).raise_for_status().json()
        listed += [item["session_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return listed


async def assert_all_is_readable(stack: Any, load: Any) -> None:
    """What was answered 202 == rows == frames == ledger, both ways, as soon as is promised."""
    ledger = await settled_ledger(stack)
    with stack.api() as api:
        session_ids = listed_sessions(api)
    async with open_vault(stack.data_dir) as vault:
        stored = await vault.read(session_ids)
        accepted = {(*place, vault.hash_of(sent.events)) for place, sent in load.accepted.items()}

    assert_same(Counter(session_ids), Counter({place[0] for place in load.accepted}))
    assert_same(Counter(stored.rows), Counter(accepted))
    assert_same(Counter(stored.frames), Counter(accepted))
    assert stored.events == {place: sent.events for place, sent in load.accepted.items()}
    counts = outcomes(ledger)
    log.info("ledger received %d %s in flight %d", ledger["received"], counts, ledger["in_flight"])
    assert set(counts) <= {"accepted", "filtered/duplicate"}
    assert counts["accepted"] == len(accepted)
    assert counts.get("filtered/duplicate", 0) >= load.duplicates
    assert ledger["received"] == sum(counts.values())
    assert ledger["in_flight"] == 0


def assert_same(stored: Counter[Any], sent: Counter[Any]) -> None:
    """Neither lost nor doubled nor made up; a few of each are named."""
    lost, too_many = sent - stored, stored - sent
    assert not lost, f"{lost.total()} of {sent.total()} lost, such as {list(lost)[:3]}"
    assert not too_many, f"{too_many.total()} too many, such as {list(too_many)[:3]}"


async def settled_ledger(stack: Any) -> dict[str, Any]:
    """Return the ledger once nothing is on its way, or as it is when the promised time is over."""
    watch = Watch(data_dir=DataDir(path=stack.data_dir))
    deadline = time.monotonic() + READABLE_WITHIN_S
    with stack.api() as api:
        while True:
            await watch.look()
            ledger: dict[str, Any] = api.get("/api/v1/ledger").raise_for_status().json()
            is_settled = ledger["in_flight"] == 0 and ledger["received"] == sum(outcomes(ledger).values())
            if (watch.stream_lag == 0 and is_settled) or time.monotonic() > deadline:
                return ledger
            await asyncio.sleep(LOOK_EVERY_S)


def outcomes(ledger: dict[str, Any]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for count in ledger["items"]:
        counts["/".join(filter(None, (count["outcome"], count["reason"])))] += count["segments"]
    return dict(counts)


def assert_recording_is_whole(stack: Any, load: Any, session_id: str) -> None:
    sent = {place[1:]: each.events for place, each in load.accepted.items() if place[0] == session_id}
    played: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for event in stack.recording(session_id):
        played[event.pop("window_id"), event.pop("segment_id")].append(event)
    assert dict(played) == {place: msgspec.json.decode(events) for place, events in sent.items()}


def told(load: Any, kills: list[Kill]) -> str:
    lines = [f"accepted {len(load.accepted)}, duplicates seen {load.duplicates}, tries {load.answers()}"]
    for component in KILLED:
        back = [
            kill.back_at_s - kill.at_s for kill in kills if kill.component == component and kill.back_at_s
        ]
        ingests = [
            load.first_accepted_after(kill.at_s) - kill.at_s for kill in kills if kill.component == component
        ]
        lines.append(f"{component}: back after {_seconds(back)} s; next 202 after {_seconds(ingests)} s")
    return "\n".join(lines)


def _seconds(times: list[float]) -> str:
    return " ".join(f"{each:.1f}" for each in sorted(times))


@pytest.fixture(scope="module")
def seed() -> int:
    chosen = Random().getrandbits(32)
    log.info("seed %d", chosen)
    return chosen


@pytest.fixture(scope="module")
def load(own_stack: Any, kill_load: Any, seed: int) -> Any:
    """All that the tests of this module send: each of them looks for the segments of those before, too."""
    return kill_load.Load(url=own_stack.url, key=own_stack.ingest_key, rng=Random(seed))


async def test_nothing_accepted_is_lost_or_doubled_whatever_is_killed(
    own_stack: Any, load: Any, seed: int
) -> None:
    killer = Killer(Watch(data_dir=DataDir(path=own_stack.data_dir)), Random(seed))
    are_killed = asyncio.Event()

    sending = asyncio.create_task(load.run(are_killed, at_least=SEGMENTS_AT_LEAST))
    try:
        await killer.run()
    finally:
        are_killed.set()
        await sending
    log.info("%s", told(load, killer.kills))

    assert len(load.accepted) >= SEGMENTS_AT_LEAST
    await assert_all_is_readable(own_stack, load)
    for session_id in sorted({place[0] for place in load.accepted})[::10]:
        assert_recording_is_whole(own_stack, load, session_id)


async def test_analyses_go_on_after_all_the_kills(own_stack: Any, load: Any) -> None:
    await load.send(visits=10)
    failed = [sent.session_id for sent in load.accepted.values() if b'"tag":"error"' in sent.events]

    own_stack.await_session(failed[-1])
    insight = own_stack.await_insight(failed[-1])

    assert insight["findings"]


async def test_a_killed_driver_of_ray_comes_back_by_itself(own_stack: Any, load: Any) -> None:
    await load.send(visits=5)
    killed, killed_at_s = recorded(own_stack, "ray").pid, time.monotonic()
    assert killed is not None

    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(BACK_WITHIN_S):
        await load.send(visits=5)
        await until_replaced(own_stack, killed)
    log.info("the driver is back after %.1f s", time.monotonic() - killed_at_s)

    await load.send(visits=5)
    await assert_all_is_readable(own_stack, load)


async def test_a_start_after_the_supervisor_was_killed_has_everything(own_stack: Any, load: Any) -> None:
    await load.send(visits=5)
    left = {process.pid for process in own_stack.processes()}
    supervisor = state_of(own_stack).supervisor_pid

    os.kill(supervisor, signal.SIGKILL)
    again = own_stack.up()

    assert again == replace(own_stack, url=again.url)
    assert supervisor in left
    assert left.isdisjoint(process.pid for process in again.processes())
    # The preferred port, where another stack held it before and holds it no more.
    load.url = again.url
    await load.send(visits=5)
    await assert_all_is_readable(again, load)


async def until_replaced(stack: Any, pid: int) -> None:
    while True:
        driver = recorded(stack, "ray")
        if driver.state == "running" and driver.pid != pid:
            return
        await asyncio.sleep(LOOK_EVERY_S)


def state_of(stack: Any) -> StackState:
    """Return what the supervisor noted last."""
    state = read_state(DataDir(path=stack.data_dir))
    assert state is not None
    return state


def recorded(stack: Any, component: str) -> ComponentReport:
    return next(each for each in state_of(stack).components if each.name == component)
