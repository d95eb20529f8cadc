import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from traceflow.cluster.binaries.search import find_redis, find_temporal
from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at
from traceflow.cluster.embedded.leftovers import clear_leftovers
from traceflow.cluster.embedded.ports import PortBook
from traceflow.cluster.embedded.postgres import EmbeddedPostgres
from traceflow.cluster.embedded.redis import EmbeddedRedis
from traceflow.cluster.embedded.secret_files import prepare_secrets
from traceflow.cluster.embedded.stack_state import StackState, read_state
from traceflow.cluster.embedded.temporal import EmbeddedTemporal, TemporalPorts

SUPERVISE = Path(__file__).with_name("supervise.py")
READY_WITHIN_S = 60.0


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can pass, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="tf-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    for run in folder.rglob("run"):
        data_dir = data_dir_at(run.parent)
        clear_leftovers(data_dir)
        data_dir.unlink_runtime_dir()
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(place: Path) -> DataDir:
    prepared = data_dir_at(place / "data")
    prepared.prepare()
    return prepared


@pytest.fixture
def book(data_dir: DataDir) -> PortBook:
    return PortBook(data_dir.ports, rng=Random())


@pytest.fixture
def postgres(data_dir: DataDir, book: PortBook) -> EmbeddedPostgres:
    return EmbeddedPostgres(
        data_dir=data_dir, port=book.claim("postgres"), passwords=prepare_secrets(data_dir)
    )


@pytest.fixture
def redis(data_dir: DataDir, book: PortBook) -> EmbeddedRedis:
    password = prepare_secrets(data_dir).redis
    return EmbeddedRedis(data_dir=data_dir, binary=find_redis(), port=book.claim("redis"), password=password)


@pytest.fixture
def temporal(data_dir: DataDir, book: PortBook) -> EmbeddedTemporal:
    binary = find_temporal()
    if binary is None:
        pytest.skip("Temporal's CLI is missing: run `make services`")
    return EmbeddedTemporal(data_dir=data_dir, binary=binary, ports=TemporalPorts.claim(book))


@pytest.fixture
def start_stack() -> Iterator[Callable[[DataDir], subprocess.Popen[str]]]:
    """Start a supervisor of all three services in a process of its own; returns when it is ready."""
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: DataDir) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(SUPERVISE), str(data_dir.path)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def state_when() -> Callable[..., StackState]:
    """Wait until the written state fits."""

    def wait(data_dir: DataDir, fits: Callable[[StackState], bool]) -> StackState:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            state = read_state(data_dir)
            if state is not None and fits(state):
                return state
            time.sleep(0.02)
        raise AssertionError(f"the state never fitted: {read_state(data_dir)}")

    return wait
