import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at
from traceflow.cluster.embedded.leftovers import clear_leftovers, find_leftovers
from traceflow.cluster.embedded.listeners import exposed_listeners, listeners_of
from traceflow.cluster.embedded.stack_state import StackState, read_state, supervisor_of

pytestmark = pytest.mark.integration

Start = Callable[[DataDir], "subprocess.Popen[str]"]
StateWhen = Callable[..., StackState]
NAMES = ("postgres", "redis", "temporal", "stack")


def by_name(state: StackState, name: str):
    return next(report for report in state.components if report.name == name)


def test_killed_services_are_back_on_their_ports_within_seconds(
    data_dir: DataDir, start_stack: Start, state_when: StateWhen
) -> None:
    start_stack(data_dir)
    before = state_when(data_dir, lambda state: state.is_ready)

    for name in NAMES:
        os.kill(by_name(before, name).pid, signal.SIGKILL)
    after = state_when(
        data_dir,
        lambda state: all(report.restarts == 1 and report.state == "running" for report in state.components),
    )

    assert [report.port for report in after.components] == [report.port for report in before.components]
    assert all(by_name(after, name).pid != by_name(before, name).pid for name in NAMES)


def test_a_stack_process_that_died_leaves_nothing_of_its_own_beside_the_new_one(
    data_dir: DataDir, start_stack: Start, state_when: StateWhen
) -> None:
    start_stack(data_dir)
    before = state_when(data_dir, lambda state: state.is_ready)
    stack = psutil.Process(by_name(before, "stack").pid)
    deadline = time.monotonic() + 20
    while not stack.children():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (orphan,) = stack.children()

    stack.kill()
    state_when(data_dir, lambda state: by_name(state, "stack").restarts == 1)
    state_when(data_dir, lambda state: by_name(state, "stack").state == "running")

    assert not orphan.is_running()


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_does_not_clear(
    data_dir: DataDir, start_stack: Start, state_when: StateWhen
) -> None:
    supervisor = start_stack(data_dir)
    before = state_when(data_dir, lambda state: state.is_ready)
    old = [psutil.Process(report.pid) for report in before.components]
    # Stopped, they do not hear that their parent died: what is left must be found and killed.
    for process in old:
        process.suspend()
    supervisor.kill()
    supervisor.wait()
    left = {process.pid for process in find_leftovers(data_dir)}

    start_stack(data_dir)

    after = state_when(data_dir, lambda state: state.is_ready)
    assert {by_name(before, name).pid for name in ("postgres", "redis", "temporal")} <= left
    assert not any(process.is_running() for process in old)
    assert [report.port for report in after.components] == [report.port for report in before.components]


def test_clearing_leaves_no_process_and_spares_what_is_not_the_stacks(
    data_dir: DataDir, start_stack: Start, state_when: StateWhen
) -> None:
    supervisor = start_stack(data_dir)
    state_when(data_dir, lambda state: state.is_ready)
    supervisor.kill()
    supervisor.wait()
    bystander = subprocess.Popen(["sleep", "600"], cwd=data_dir.path)

    clear_leftovers(data_dir)

    assert find_leftovers(data_dir) == []
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_and_loses_nothing(
    data_dir: DataDir, start_stack: Start, state_when: StateWhen, number: signal.Signals
) -> None:
    supervisor = start_stack(data_dir)
    state_when(data_dir, lambda state: state.is_ready)
    found = supervisor_of(data_dir)

    supervisor.send_signal(number)
    code = supervisor.wait(60)

    assert found is not None
    assert found.pid == supervisor.pid
    assert code == 0
    assert find_leftovers(data_dir) == []
    assert read_state(data_dir) is None
    assert not data_dir.runtime_link.is_symlink()
    assert "database system is shut down" in (data_dir.logs / "postgres.log").read_text()
    assert (
        "shutting down" in (data_dir.logs / "redis.log").read_text().lower()
        or "exit" in (data_dir.logs / "redis.log").read_text()
    )


def test_two_data_directories_run_side_by_side_with_every_listener_on_loopback(
    place: Path, data_dir: DataDir, start_stack: Start, state_when: StateWhen
) -> None:
    other = data_dir_at(place / "other")
    start_stack(data_dir)
    start_stack(other)

    states = [state_when(which, lambda state: state.is_ready) for which in (data_dir, other)]

    ports = [{report.port for report in state.components if report.port} for state in states]
    pids = [process.pid for which in (data_dir, other) for process in find_leftovers(which)]
    assert ports[0].isdisjoint(ports[1])
    assert {port for of_one in ports for port in of_one} <= {listener.port for listener in listeners_of(pids)}
    assert exposed_listeners(pids) == []
    assert {process.pid for process in find_leftovers(data_dir)}.isdisjoint(
        process.pid for process in find_leftovers(other)
    )


def start_titled(folder: Path, title: str, *, cwd: Path, output: Path) -> "subprocess.Popen[bytes]":
    program = folder / title
    shutil.copy(shutil.which("sleep") or "sleep", program)
    with output.open("wb") as stdout:
        return subprocess.Popen([str(program), "600"], cwd=cwd, stdout=stdout)


def test_a_process_that_overwrote_its_environment_is_known_by_where_it_works(
    tmp_path: Path, data_dir: DataDir
) -> None:
    elsewhere = tmp_path / "output"
    agents = [
        start_titled(tmp_path, "ray::Agent", cwd=data_dir.run, output=elsewhere),
        start_titled(tmp_path, "ray::Other", cwd=tmp_path, output=data_dir.logs / "agent.out"),
    ]
    bystanders = [
        start_titled(tmp_path, "ray::Stranger", cwd=tmp_path, output=elsewhere),
        start_titled(tmp_path, "less", cwd=data_dir.run, output=elsewhere),
    ]

    found = {process.pid for process in find_leftovers(data_dir)}

    for process in (*agents, *bystanders):
        process.kill()
        process.wait()
    assert found == {process.pid for process in agents}
