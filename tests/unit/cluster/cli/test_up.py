import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from traceflow.cluster.cli.up import await_ready
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.stack_state import StackState, write_state
from traceflow.models.errors import Misconfigured, Unavailable


@pytest.fixture
def place(tmp_path: Path) -> DataDir:
    place = DataDir(path=tmp_path / "data")
    place.prepare()
    return place


def write_ready(place: DataDir, *, supervisor_pid: int, supervisor_create_time_s: float) -> None:
    state = StackState(
        supervisor_pid=supervisor_pid,
        supervisor_create_time_s=supervisor_create_time_s,
        started_at_ms=1,
        is_ready=True,
        url="http://127.0.0.1:1",
        components=(),
    )
    write_state(place, state)


def write_ready_of_a_killed_supervisor(place: DataDir) -> None:
    killed = subprocess.Popen([sys.executable, "-c", "pass"])
    killed.wait()
    write_ready(place, supervisor_pid=killed.pid, supervisor_create_time_s=time.time())


def test_the_last_word_of_a_killed_supervisor_does_not_make_the_next_start_ready(place: DataDir) -> None:
    write_ready_of_a_killed_supervisor(place)
    (place.run / "complaint").write_text("Port 1 is taken.")
    starting = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"])

    with pytest.raises(Misconfigured, match="Port 1 is taken"):
        await_ready(place, starting)


def test_a_stack_that_just_stopped_is_not_waited_for(place: DataDir) -> None:
    write_ready_of_a_killed_supervisor(place)

    with pytest.raises(Unavailable, match="just stopped"):
        await_ready(place, None)


def test_a_living_supervisor_that_says_ready_is_believed(place: DataDir) -> None:
    write_ready(place, supervisor_pid=os.getpid(), supervisor_create_time_s=psutil.Process().create_time())

    assert await_ready(place, None) is None
