import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from traceflow.cluster.embedded.process import ChildProcess, Command, ProcessMark, rotate_log, tail_of
from traceflow.cluster.embedded.service import Service
from traceflow.models.errors import Misconfigured, Unavailable

pytestmark = pytest.mark.integration

MARK = ProcessMark(stack_id="test", component="part")
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("up", flush=True)
time.sleep(600)
"""


def python(code: str, tmp_path: Path, *, stop_timeout_s: float = 10.0) -> Command:
    return Command(
        argv=(sys.executable, "-c", code), cwd=tmp_path, log=tmp_path / "log", stop_timeout_s=stop_timeout_s
    )


def wait_for_log(log: Path) -> str:
    deadline = time.monotonic() + 20
    while not (said := tail_of(log)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return said


def ends_soon(process: psutil.Process) -> bool:
    deadline = time.monotonic() + 10
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


async def test_it_runs_in_a_session_of_its_own_with_its_mark_and_its_log(tmp_path: Path) -> None:
    code = "import os; print(os.getsid(0) == os.getpid(), os.environ['TRACEFLOW_STACK_ID'])"

    child = await ChildProcess.start(python(code, tmp_path), MARK)

    assert await child.wait() == 0
    assert (tmp_path / "log").read_text() == "True test\n"


async def test_one_that_ignores_the_signal_is_killed_with_what_it_started(tmp_path: Path) -> None:
    child = await ChildProcess.start(python(STUBBORN, tmp_path, stop_timeout_s=0.3), MARK)
    wait_for_log(tmp_path / "log")
    grandchildren = psutil.Process(child.pid).children()

    await child.stop()

    assert await child.wait() == -signal.SIGKILL
    assert len(grandchildren) == 1
    assert psutil.wait_procs(grandchildren, timeout=10)[1] == []


async def test_stopping_twice_is_no_error(tmp_path: Path) -> None:
    child = await ChildProcess.start(python("pass", tmp_path), MARK)
    await child.wait()

    await child.stop()
    await child.stop()

    assert not child.is_running


async def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent_code = f"""
import asyncio, sys
from pathlib import Path
from traceflow.cluster.embedded.process import ChildProcess, Command, ProcessMark
async def main():
    command = Command(argv=(sys.executable, "-c", "import time; time.sleep(600)"),
                      cwd=Path("/"), log=Path({str(tmp_path / "child.log")!r}))
    child = await ChildProcess.start(command, ProcessMark(stack_id="s", component="c"))
    print(child.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    parent = await ChildProcess.start(python(parent_code, tmp_path), MARK)
    grandchild = psutil.Process(int(wait_for_log(tmp_path / "log")))

    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()

    assert ends_soon(grandchild)


async def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    command = Command(argv=("/no/such/program",), cwd=tmp_path, log=tmp_path / "log")

    with pytest.raises(Misconfigured, match="/no/such/program cannot be run"):
        await Service(MARK).launch(command, answers=never, timeout_s=5)


async def test_one_that_ends_while_starting_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = python("import sys; sys.exit('the disk is full')", tmp_path)

    with pytest.raises(Unavailable, match="the disk is full"):
        await Service(MARK).launch(command, answers=never, timeout_s=20)


async def test_one_that_stays_silent_is_ended(tmp_path: Path) -> None:
    service = Service(MARK)

    with pytest.raises(Unavailable, match="did not answer within 0 s"):
        await service.launch(python("import time; time.sleep(600)", tmp_path), answers=never, timeout_s=0.3)

    assert service.pid is None


def test_a_log_that_grew_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(17 * 1024 * 1024)

    rotate_log(log)
    rotate_log(log)

    assert not log.exists()
    assert (tmp_path / "log.1").stat().st_size == 17 * 1024 * 1024


async def never() -> bool:
    return False
