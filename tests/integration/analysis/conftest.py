import json
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from traceflow.datasets.archive.memory_event_lookup import MemoryEventLookup
from traceflow.datasets.store.memory_analysis_store import MemoryAnalysisStore
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.insight.finding import Insight
from traceflow.models.ports import Completer, Notice
from traceflow.models.session.facts import NotableEvent, SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.serve.neurorouter.build import build_router
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.activities.session_analysis import SessionAnalysisActivities
from traceflow.workflows.client import connect
from traceflow.workflows.settings import WorkflowSettings
from traceflow.workflows.starter import TemporalStarter
from traceflow.workflows.worker import build_worker

TEMPORAL = Path.home() / ".cache" / "traceflow" / "bin" / "temporal"
PAYLOAD_KEY = b"k" * 32
START_MS = 1_764_000_000_000

SESSION = SessionKey(tenant_id="t1", project_id="p1", session_id="s1")
EVENTS = (
    {"type": 4, "timestamp": START_MS, "data": {"href": "https://shop.example/checkout"}},
    {"type": 3, "timestamp": START_MS + 900, "data": {"source": 5, "id": 9, "text": "***"}},
    {"type": 3, "timestamp": START_MS + 1_000, "data": {"source": 2, "type": 2, "id": 7}},
    {"type": 3, "timestamp": START_MS + 1_200, "data": {"source": 2, "type": 2, "id": 7}},
    {"type": 3, "timestamp": START_MS + 1_400, "data": {"source": 2, "type": 2, "id": 7}},
    {"type": 5, "timestamp": START_MS + 1_450, "data": {"tag": "error", "payload": {}}},
    {"type": 3, "timestamp": START_MS + 5_000, "data": {"source": 2, "type": 2, "id": 8}},
)


def evidence(index: int) -> Evidence:
    at_ms = EVENTS[index]["timestamp"]
    return Evidence(window_id="w1", segment_id=0, event_index=index, at_ms=at_ms)


def signal(kind: SignalKind, *indices: int) -> Signal:
    cited = tuple(evidence(index) for index in indices)
    return Signal(kind=kind, at_ms=cited[-1].at_ms, reason="Detected by numbers.", evidence=cited)


FACTS = SessionFacts(
    session=SESSION,
    revision=0,
    started_at_ms=START_MS,
    ended_at_ms=START_MS + 5_000,
    events=len(EVENTS),
    errors=1,
    pages=("https://shop.example/checkout",),
    frustration_score=61.0,
    masked={"email": 1},
    signals=(
        signal(SignalKind.RAGE_CLICK, 2, 3, 4),
        signal(SignalKind.ERROR_CLICK, 4, 5),
        signal(SignalKind.DEAD_CLICK, 6),
    ),
    notable_events=(
        NotableEvent(kind="page_view", name="https://shop.example/checkout", evidence=evidence(0)),
        NotableEvent(kind="error", name="canary-in-an-error", evidence=evidence(5)),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the mini provider sends back to one request."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that hung up: it was meant to."""


class MiniProvider:
    """An OpenAI-compatible endpoint over real HTTP: answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.unexpected: list[str] = []
        self._answers: list[Answer] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def will_say(
        self, content: str | None, *, finish_reason: str | None = "stop", delay_s: float = 0.0
    ) -> None:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": content},
            "finish_reason": finish_reason,
        }
        completion = {
            "id": "c1",
            "object": "chat.completion",
            "model": "mini-1",
            "choices": [choice],
            "usage": {"prompt_tokens": 1_200, "completion_tokens": 80, "total_tokens": 1_280},
        }
        self.will_send(json.dumps(completion).encode(), delay_s=delay_s)

    def will_send(
        self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None, delay_s: float = 0.0
    ) -> None:
        self._answers.append(Answer(body=body, status=status, headers=headers or {}, delay_s=delay_s))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer_to(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path != "/v1/chat/completions" or not self._answers:
            self.unexpected.append(path)
            return Answer(body=b"unexpected", status=500)
        self.requests.append(json.loads(body))
        self.headers.append(headers)
        return self._answers.pop(0)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sent = {name.lower(): value for name, value in self.headers.items()}
                answer = provider.answer_to(self.path, sent, body)
                time.sleep(answer.delay_s)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                return

        return Handler


@pytest.fixture
def mini_provider() -> Iterator[MiniProvider]:
    provider = MiniProvider()
    yield provider
    provider.close()
    assert not provider.unexpected


class TemporalServer:
    """A dev server with its data in a file, so that it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "temporal.db"
        self._log = folder / "temporal.log"
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [str(TEMPORAL), "server", "start-dev", "--headless", "--ip", "127.0.0.1"]
        options = ["--port", str(self._port), "--db-filename", str(self.database), "--log-level", "error"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*command, *options], stdout=log, stderr=log)
        deadline = time.monotonic() + 30.0
        while not _is_open(self._port):
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    if not TEMPORAL.exists():
        pytest.skip(f"{TEMPORAL} is missing: run `make services`")
    server = TemporalServer(tmp_path_factory.mktemp("temporal"))
    server.start()
    yield server
    server.kill()


class MemoryFeed:
    """Keeps the notices that were published."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    async def publish(self, notices: Sequence[Notice]) -> None:
        self.notices.extend(notices)


class World:
    """One session in memory, and the parts of an analysis around it; each world has a queue of its own."""

    session = SESSION
    facts = FACTS
    payload_key = PAYLOAD_KEY

    def __init__(self, temporal: TemporalServer, *, task_queue: str) -> None:
        self.settings = WorkflowSettings(address=temporal.address, task_queue=task_queue)
        self.store = MemoryAnalysisStore([FACTS])
        self.feed = MemoryFeed()
        raw_events = [json.dumps(event).encode() for event in EVENTS]
        self.lookup = MemoryEventLookup({SESSION: {("w1", 0): raw_events}})
        self.starter = TemporalStarter(self.settings, payload_key=PAYLOAD_KEY)

    def activities(self, completer: Completer) -> SessionAnalysisActivities:
        return SessionAnalysisActivities(
            store=self.store, completer=completer, events=self.lookup, feed=self.feed
        )

    async def client(self) -> Client:
        return await connect(self.settings, payload_key=PAYLOAD_KEY)

    @asynccontextmanager
    async def worker(self, llm: LlmSettings | None = None) -> AsyncIterator[Client]:
        activities = self.activities(build_router(llm or LlmSettings()))
        client = await self.client()
        worker = build_worker(client, activities=activities.all(), task_queue=self.settings.task_queue)
        async with worker:
            yield client

    async def analyse(self, llm: LlmSettings | None = None, *, revision: int) -> Insight:
        async with self.worker(llm) as client:
            workflow_id = await self.starter.start_session_analysis(SESSION, revision=revision)
            await client.get_workflow_handle(workflow_id).result()
        return (await self.store.insights(SESSION))[0]


@pytest.fixture
def world(temporal: TemporalServer, request: pytest.FixtureRequest) -> World:
    return World(temporal, task_queue=f"queue-of-{request.node.name}")


@pytest.fixture
def world_facts() -> SessionFacts:
    return FACTS
