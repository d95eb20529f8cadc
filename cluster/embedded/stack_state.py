"""What the supervisor writes down about the running stack, for ``status``, ``down`` and the next ``up``."""

import contextlib
from dataclasses import dataclass

import msgspec
import psutil

from traceflow.cluster.embedded.component import ComponentReport
from traceflow.cluster.embedded.data_dir import DataDir

# A start time is counted from the machine's boot, which moves by a second when the clock is set.
_CLOCK_STEP_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """The stack as its supervisor last wrote it down; the supervisor may be gone since."""

    supervisor_pid: int
    supervisor_create_time_s: float
    started_at_ms: int
    is_ready: bool
    url: str
    components: tuple[ComponentReport, ...]


def write_state(data_dir: DataDir, state: StackState) -> None:
    """Replace the state file as one step."""
    partial = data_dir.state.with_suffix(".partial")
    partial.write_bytes(msgspec.json.encode(state))
    partial.replace(data_dir.state)


def read_state(data_dir: DataDir) -> StackState | None:
    """Return the state, or None where none was written or it cannot be read."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(data_dir.state.read_bytes(), type=StackState)
    return None


def supervisor_of(data_dir: DataDir) -> psutil.Process | None:
    """Return the living supervisor, or None; a later process with its pid is told apart by its start time."""
    state = read_state(data_dir)
    if state is None:
        return None
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(state.supervisor_pid)
        # Where nobody reaps it, as in many containers, a killed one stays as a zombie.
        is_living = process.status() != psutil.STATUS_ZOMBIE
        if is_living and is_same_process(process, state.supervisor_create_time_s):
            return process
    return None


def is_same_process(process: psutil.Process, create_time_s: float | None) -> bool:
    """Tell a recorded process from a later one that was given its pid."""
    return create_time_s is not None and abs(float(process.create_time()) - create_time_s) < _CLOCK_STEP_S
