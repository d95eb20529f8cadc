"""What the supervisor asks of a component, and what it tells about one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ComponentState(StrEnum):
    """Where a component stands."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPED = "stopped"


class Component(Protocol):
    """A process that the supervisor keeps alive."""

    @property
    def name(self) -> str:
        """Return the name that ``status`` shows."""
        ...

    @property
    def port(self) -> int | None:
        """Return the port that clients use; the same for the component's life."""
        ...

    @property
    def version(self) -> str:
        """Return the version of what runs; empty before the first start."""
        ...

    @property
    def pid(self) -> int | None:
        """Return the process, or None where none runs."""
        ...

    async def start(self) -> None:
        """Start and return when it answers; what an earlier start left behind is cleared first.

        Raises Misconfigured where only the operator can help, Unavailable where it did not come up.
        """
        ...

    async def is_healthy(self) -> bool:
        """Ask it once; raises nothing."""
        ...

    async def wait(self) -> int:
        """Return the exit code once its process has ended."""
        ...

    async def stop(self) -> None:
        """End it and all that it started; a component that does not run is no error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentReport:
    """A component as ``status`` shows it. ``create_time_s`` tells its process from a later one."""

    name: str
    pid: int | None
    create_time_s: float
    port: int | None
    version: str
    state: str
    restarts: int = 0
