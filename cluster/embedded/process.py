"""One child process: started with its log and its user, watched, and stopped with all that it started."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

# A log is set aside when its process starts; what a service writes in months stays below this.
_ROTATE_BYTES = 16 * 1024 * 1024
_PR_SET_PDEATHSIG = 1

# What marks every process of a stack, so that leftovers of a killed supervisor are found by it.
STACK_VARIABLE = "TRACEFLOW_STACK_ID"
COMPONENT_VARIABLE = "TRACEFLOW_STACK_COMPONENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUser:
    """The unprivileged user that a process runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run and how to end it. ``environment`` is added to the inherited one."""

    argv: tuple[str, ...]
    cwd: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: ProcessUser | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMark:
    """Which stack and which of its components a process belongs to."""

    stack_id: str
    component: str

    def environment(self) -> dict[str, str]:
        return {STACK_VARIABLE: self.stack_id, COMPONENT_VARIABLE: self.component}


class ChildProcess:
    """A running command in a session of its own, which hears no Ctrl-C of the terminal.

    Started from the main thread: the kernel's parent-death signal is bound to the thread that forks.
    """

    def __init__(self, process: asyncio.subprocess.Process, command: Command) -> None:
        self._process = process
        self._command = command
        self._is_group_cleared = False
        self.pid = process.pid
        self.create_time_s = _create_time(process.pid)

    @classmethod
    async def start(cls, command: Command, mark: ProcessMark) -> "ChildProcess":
        """Start; raises OSError where the program cannot be run."""
        rotate_log(command.log)
        environment = inherited_environment() | dict(command.environment) | mark.environment()
        with command.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                cwd=command.cwd,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=None if command.user is None else command.user.uid,
                group=None if command.user is None else command.user.gid,
                extra_groups=None if command.user is None else [],
                preexec_fn=_die_with_parent(command.stop_signal),
            )
        return cls(process, command)

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def wait(self) -> int:
        """Return the exit code once the process has ended; what it left in its group is killed."""
        code = await self._process.wait()
        self._clear_group()
        return code

    async def stop(self) -> None:
        """Ask it to end, wait, then kill; its whole process group is gone when this returns."""
        if self.is_running:
            self._signal(self._command.stop_signal)
            try:
                await asyncio.wait_for(self._process.wait(), self._command.stop_timeout_s)
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await self._process.wait()
        self._clear_group()

    def _clear_group(self) -> None:
        # Once, right after the leader's end: later its number may be another group's.
        if self._is_group_cleared:
            return
        self._is_group_cleared = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)


def inherited_environment() -> dict[str, str]:
    """Copy this process's environment for a child."""
    return dict(os.environ)  # noqa: TID251 - handed on whole; no setting is read from it


def rotate_log(log: Path) -> None:
    """Set a grown log aside as ``<name>.1``."""
    if log.exists() and log.stat().st_size > _ROTATE_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def tail_of(log: Path, *, max_bytes: int = 2000) -> str:
    """Return the last lines of a log, for a message."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - max_bytes))
            return file.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return ""


def _create_time(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Have the kernel send the signal to the child when its parent is killed (Linux)."""
    if sys.platform != "linux":
        return None
    # Loaded before the fork: between fork and exec a child may do nothing but call it.
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)

    return ask_kernel
