import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import httpx
import psutil
import pytest

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.process import STACK_VARIABLE
from traceflow.cluster.settings import StackSettings

# Two busy cores: a start takes from 13 to 90 s there.
START_TIMEOUT_S = 300

Event = dict[str, Any]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack that the command line started, and how to talk to it."""

    data_dir: Path
    url: str
    ingest_key: str
    read_key: str
    admin_key: str
    environment: Mapping[str, str]

    def run(self, *arguments: str, timeout_s: float = 120) -> "subprocess.CompletedProcess[str]":
        return run_cli(*arguments, data_dir=self.data_dir, environment=self.environment, timeout_s=timeout_s)

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.run("status", "--json").stdout))

    def pid_of(self, component: str) -> int | None:
        return next(each["pid"] for each in self.status()["components"] if each["name"] == component)

    def await_pid(self, component: str) -> int:
        """Wait for the component to say that it runs: `up` returns once requests are answered."""
        return eventually(lambda: self.pid_of(component), timeout_s=60)

    def await_running(self) -> dict[str, Any]:
        def running() -> dict[str, Any] | None:
            status = self.status()
            return status if {each["state"] for each in status["components"]} == {"running"} else None

        return eventually(running, timeout_s=60)

    def settings(self) -> StackSettings:
        return StackSettings.model_validate_json((self.data_dir / "run" / "stack.json").read_bytes())

    def up(self) -> "Stack":
        return start_stack(self.data_dir, environment=self.environment)

    def api(self, *, key: str | None = None) -> httpx.Client:
        headers = {"authorization": f"Bearer {key or self.read_key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def document(self, path: str) -> Any:
        with self.api() as api:
            answer = api.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def recording_lines(self, session_id: str) -> list[bytes]:
        with self.api() as api:
            answer = api.get(
                f"/api/v1/sessions/{session_id}/recording", headers={"accept-encoding": "identity"}
            )
        assert answer.status_code == 200, answer.text
        return answer.content.splitlines()

    def recording(self, session_id: str) -> list[Event]:
        return [json.loads(line) for line in self.recording_lines(session_id)]

    def send(self, session_id: str, body: bytes, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.api(key=self.ingest_key) as door:
            return door.post(
                f"/ingest/v1/sessions/{session_id}/segments",
                content=body,
                headers={"content-type": "application/json", **named},
            )

    def session(self, session_id: str) -> dict[str, Any] | None:
        with self.api() as api:
            answer = api.get(f"/api/v1/sessions/{session_id}")
        assert answer.status_code in {200, 404}, answer.text
        return dict(answer.json()) if answer.status_code == 200 else None

    def await_session(self, session_id: str, *, state: str = "closed", timeout_s: float = 30) -> Any:
        def reached() -> dict[str, Any] | None:
            session = self.session(session_id)
            return session if session is not None and session["state"] == state else None

        return eventually(reached, timeout_s=timeout_s)

    def await_insight(self, session_id: str, *, timeout_s: float = 60) -> Any:
        self.await_session(session_id, timeout_s=timeout_s)
        return eventually(
            lambda: self.document(f"/sessions/{session_id}/insights")["items"], timeout_s=timeout_s
        )[0]

    def processes(self) -> list[psutil.Process]:
        return processes_of(self.data_dir)


def eventually(ask: Callable[[], Value | None], *, timeout_s: float) -> Value:
    deadline = time.monotonic() + timeout_s
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.1)
    return answer


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Find what carries the stack's mark or has its directory in its command line or as its place."""
    mark = f"{STACK_VARIABLE}={DataDir(path=data_dir).stack_id}".encode()
    return [process for process in psutil.process_iter() if _belongs(process, mark, data_dir)]


def _belongs(process: psutil.Process, mark: bytes, data_dir: Path) -> bool:
    if process.pid == os.getpid():
        return False
    proc = Path("/proc") / str(process.pid)
    try:
        is_marked = mark in (proc / "environ").read_bytes().split(b"\0")
        return (
            is_marked
            or str(data_dir).encode() in (proc / "cmdline").read_bytes()
            or (proc / "cwd").readlink().is_relative_to(data_dir)
        )
    except OSError:
        return False


def run_cli(
    *arguments: str, data_dir: Path, environment: Mapping[str, str], timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    # `keys create` is a command of two words; its options follow both.
    words = 2 if arguments[0] == "keys" else 1
    command = [*arguments[:words], "--data-dir", str(data_dir), *arguments[words:]]
    return subprocess.run(
        [sys.executable, "-m", "traceflow.cluster.cli.main", *command],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=dict(environment),
        cwd="/",
        check=False,
    )


def start_stack(data_dir: Path, *, environment: Mapping[str, str]) -> Stack:
    started = run_cli(
        "up", "--detach", "--json", data_dir=data_dir, environment=environment, timeout_s=START_TIMEOUT_S
    )
    assert started.returncode == 0, started.stderr
    return read_stack(started.stdout, environment=environment)


def read_stack(said: str, *, environment: Mapping[str, str]) -> Stack:
    document = json.loads(said)
    return Stack(
        data_dir=Path(document["data_dir"]),
        url=document["url"],
        ingest_key=document["ingest_key"],
        read_key=document["read_key"],
        admin_key=document["admin_key"],
        environment=environment,
    )


def stop_stack(data_dir: Path, *, environment: Mapping[str, str]) -> None:
    stopped = run_cli("down", data_dir=data_dir, environment=environment, timeout_s=START_TIMEOUT_S)
    assert stopped.returncode == 0, stopped.stderr


def make_reachable_dir() -> Path:
    """Make a directory that the database's user can reach; pytest's own are closed to it."""
    directory = Path(tempfile.mkdtemp(prefix="tf-e2e-"))
    directory.chmod(0o755)
    return directory


@contextmanager
def running_stack(environment: Mapping[str, str]) -> Iterator[Stack]:
    """Start a stack in a directory of its own; at the end nothing is left of either."""
    with reachable_dir() as directory:
        try:
            yield start_stack(directory / "data", environment=environment)
        finally:
            stop_stack(directory / "data", environment=environment)


@contextmanager
def reachable_dir() -> Iterator[Path]:
    directory = make_reachable_dir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """What the tests of this folder share; they cannot import one another."""

    run_cli: Callable[..., "subprocess.CompletedProcess[str]"] = run_cli
    start_stack: Callable[..., Stack] = start_stack
    read_stack: Callable[..., Stack] = read_stack
    stop_stack: Callable[..., None] = stop_stack
    running_stack: Callable[[Mapping[str, str]], AbstractContextManager[Stack]] = running_stack
    reachable_dir: Callable[[], AbstractContextManager[Path]] = reachable_dir
    processes_of: Callable[[Path], list[psutil.Process]] = processes_of
    eventually: Callable[..., Any] = eventually


@pytest.fixture(scope="session")
def toolbox() -> Toolbox:
    return Toolbox()


@pytest.fixture(scope="session")
def environment() -> Mapping[str, str]:
    inherited = dict(os.environ)  # noqa: TID251 - handed on; no setting is read from it
    return {name: value for name, value in inherited.items() if not name.startswith("TRACEFLOW_")}


@pytest.fixture(scope="session")
def stack(environment: Mapping[str, str]) -> Iterator[Stack]:
    with running_stack(environment) as started:
        yield started


@pytest.fixture(scope="module")
def own_stack(environment: Mapping[str, str]) -> Iterator[Stack]:
    with running_stack(environment) as started:
        yield started


@pytest.fixture(scope="session")
def kill_load() -> ModuleType:
    return load_beside("kill_load")


@pytest.fixture(scope="session")
def search() -> ModuleType:
    return load_beside("search")


def load_beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
