"""The processes that a killed supervisor left behind: found, stopped, and proven gone.

A process belongs to a stack if it carries the stack's mark in its environment, or was recorded by the
supervisor (pid and start time), or works within the data directory. The last is for PostgreSQL, Redis and
Ray's agents, whose process titles overwrite what ``/proc/<pid>/environ`` shows (Ray's agents were seen to
outlive their raylet for good). A shell or a pager that works there is nobody's leftover.
"""

import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

import psutil

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.process import COMPONENT_VARIABLE, STACK_VARIABLE, ProcessMark
from traceflow.cluster.embedded.stack_state import is_same_process, read_state
from traceflow.models.errors import Unavailable

_TITLE_WRITERS = ("postgres", "redis-server", "ray::")
_TERM_TIMEOUT_S = 10.0
_KILL_TIMEOUT_S = 10.0


def find_leftovers(data_dir: DataDir) -> list[psutil.Process]:
    """Return the living processes of the stack, without this one and its ancestors."""
    recorded = _recorded(data_dir)
    root = data_dir.path.resolve()
    stack_id = data_dir.stack_id

    def belongs(process: psutil.Process) -> bool:
        return (
            _environment(process).get(STACK_VARIABLE) == stack_id
            or is_same_process(process, recorded.get(process.pid))
            or _works_within(process, root)
        )

    return _select(belongs=belongs)


def find_component_leftovers(mark: ProcessMark, *, cwd: Path) -> list[psutil.Process]:
    """Return the living processes of one component: by its mark, or by working in its folder."""
    root = cwd.resolve()

    def belongs(process: psutil.Process) -> bool:
        environment = _environment(process)
        is_marked = (
            environment.get(STACK_VARIABLE) == mark.stack_id
            and environment.get(COMPONENT_VARIABLE) == mark.component
        )
        return is_marked or _works_within(process, root)

    return _select(belongs=belongs)


def clear_leftovers(data_dir: DataDir) -> list[int]:
    """End every process that is left of the stack, politely first; return their pids.

    Blocks up to 20 s. The caller holds the data directory's lock, so no supervisor is among them. Raises
    Unavailable where one cannot be ended.
    """
    left = find_leftovers(data_dir)
    for process in left:
        _send(process, _polite_signal(process))
        _send(process, signal.SIGCONT)  # a stopped one hears nothing
    psutil.wait_procs(left, timeout=_TERM_TIMEOUT_S)
    killed = _kill(lambda: find_leftovers(data_dir))
    return sorted({process.pid for process in left}.union(killed))


def clear_component(mark: ProcessMark, *, cwd: Path) -> list[int]:
    """Kill what an earlier start of one component left; its leader is gone, and the next one waits."""
    return _kill(lambda: find_component_leftovers(mark, cwd=cwd))


def _kill(find: Callable[[], list[psutil.Process]]) -> list[int]:
    left = find()
    for process in left:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(left, timeout=_KILL_TIMEOUT_S)
    # What they started between the look and the kill is found by looking again.
    survivors = [process.pid for process in find()] if left else []
    if survivors:
        raise Unavailable(
            f"Processes {survivors} of an earlier stack cannot be ended: end them as their owner.",
            pids=survivors,
        )
    return [process.pid for process in left]


def _select(*, belongs: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    this = psutil.Process()
    excluded = {this.pid, *(parent.pid for parent in this.parents())}
    found = []
    for process in psutil.process_iter():
        if process.pid in excluded:
            continue
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.status() != psutil.STATUS_ZOMBIE and belongs(process):
                found.append(process)
    return found


def _recorded(data_dir: DataDir) -> dict[int, float]:
    state = read_state(data_dir)
    if state is None:
        return {}
    recorded = {report.pid: report.create_time_s for report in state.components if report.pid is not None}
    return recorded | {state.supervisor_pid: state.supervisor_create_time_s}


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.AccessDenied, OSError):
        return {}


def _works_within(process: psutil.Process, root: Path) -> bool:
    if not _name(process).startswith(_TITLE_WRITERS):
        return False
    try:
        places = [process.cwd(), *(file.path for file in process.open_files())]
    except (psutil.AccessDenied, OSError):
        return False
    return any(Path(place).is_relative_to(root) for place in places)


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""


def _polite_signal(process: psutil.Process) -> signal.Signals:
    # SIGTERM lets PostgreSQL wait for its clients; its backends call themselves "postgres: …".
    try:
        is_postmaster = _name(process) == "postgres" and not process.cmdline()[0].startswith("postgres:")
    except (psutil.NoSuchProcess, psutil.AccessDenied, IndexError):
        is_postmaster = False
    return signal.SIGINT if is_postmaster else signal.SIGTERM


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process.send_signal(number)
