import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from traceflow.cluster.embedded.component import ComponentReport
from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at
from traceflow.cluster.embedded.stack_state import StackState, read_state, supervisor_of, write_state


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    prepared = data_dir_at(tmp_path / "d")
    prepared.prepare()
    return prepared


def state_of(*, create_time_s: float) -> StackState:
    report = ComponentReport(
        name="redis", pid=12, create_time_s=3.5, port=20_001, version="7.0.15", state="running", restarts=2
    )
    return StackState(
        supervisor_pid=os.getpid(),
        supervisor_create_time_s=create_time_s,
        started_at_ms=1,
        is_ready=True,
        url="http://127.0.0.1:8080",
        components=(report,),
    )


def test_a_state_comes_back_as_it_was_written(data_dir: DataDir) -> None:
    state = state_of(create_time_s=1.0)

    write_state(data_dir, state)

    assert read_state(data_dir) == state


@pytest.mark.parametrize("content", [b"", b"{", b'{"supervisor_pid": "x"}'])
def test_a_broken_state_is_none(data_dir: DataDir, content: bytes) -> None:
    data_dir.state.write_bytes(content)

    assert read_state(data_dir) is None
    assert supervisor_of(data_dir) is None


def test_the_supervisor_is_found_by_pid_and_start_time(data_dir: DataDir) -> None:
    write_state(data_dir, state_of(create_time_s=psutil.Process().create_time()))

    assert supervisor_of(data_dir) == psutil.Process()


def test_a_later_process_with_the_supervisors_pid_is_not_taken_for_it(data_dir: DataDir) -> None:
    write_state(data_dir, state_of(create_time_s=psutil.Process().create_time() - 60))

    assert supervisor_of(data_dir) is None


def test_a_killed_supervisor_that_nobody_reaped_is_not_living(data_dir: DataDir) -> None:
    with subprocess.Popen(["true"]) as dead:
        process = psutil.Process(dead.pid)
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        state = replace(state_of(create_time_s=process.create_time()), supervisor_pid=dead.pid)
        write_state(data_dir, state)

        assert supervisor_of(data_dir) is None
