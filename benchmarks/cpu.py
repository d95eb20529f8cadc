"""The CPU time of a server: user and system time of all its processes, by the part that each plays."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

HANDLER, PROXY, OTHER, REDIS = "handler", "proxy", "other", "redis"
_HANDLERS = ("servereplica:ingest", "servereplica:fastapi", "benchmarks.servers.bare")
# Ray, Serve and its proxy together idle at 0.13 of a core.
_QUIET_CORES = 0.25
_LOOK_EVERY_S, _PATIENCE = 0.5, 30
_PROXIES = ("haproxy", "proxyactor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Processes with the part that each plays."""

    parts: tuple[tuple[str, psutil.Process], ...]

    def seconds(self) -> dict[str, float]:
        """Return the CPU seconds that each part has taken until now; of an ended process, nothing."""
        taken: dict[str, float] = {part: 0.0 for part, _ in self.parts}
        for part, process in self.parts:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                taken[part] += times.user + times.system
        return taken

    def await_quiet(self) -> None:
        """Return when the processes have come to rest after their start, or after 15 s."""
        before = sum(self.seconds().values())
        for _ in range(_PATIENCE):
            time.sleep(_LOOK_EVERY_S)
            now = sum(self.seconds().values())
            if now - before < _QUIET_CORES * _LOOK_EVERY_S:
                return
            before = now


def watch(server: Sequence[psutil.Process], redis: psutil.Process) -> Watched:
    """Watch a server's processes and Redis."""
    return Watched(parts=(*((_part_of(process), process) for process in server), (REDIS, redis)))


def _part_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.NoSuchProcess):
        line = " ".join(process.cmdline()).lower()
        if any(name in line for name in _HANDLERS):
            return HANDLER
        if any(name in line for name in _PROXIES):
            return PROXY
    return OTHER
