"""A component that is one command: started, waited for, stopped; what the kinds of services share."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from traceflow.cluster.embedded.leftovers import clear_component
from traceflow.cluster.embedded.process import ChildProcess, Command, ProcessMark, tail_of
from traceflow.models.errors import Misconfigured, Unavailable

_POLL_S = 0.05
_PROBE_TIMEOUT_S = 5.0


class Service:
    """The process of one component, whichever start of it is the current one."""

    def __init__(self, mark: ProcessMark) -> None:
        self._mark = mark
        self._child: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.is_running else None

    async def clear(self, *, cwd: Path) -> None:
        """End what an earlier start of this component left running."""
        await asyncio.to_thread(clear_component, self._mark, cwd=cwd)

    async def launch(
        self, command: Command, *, answers: Callable[[], Awaitable[bool]], timeout_s: float
    ) -> None:
        """Start the command and return when it answers; raises Unavailable where it ends or stays silent."""
        try:
            child = await ChildProcess.start(command, self._mark)
        except OSError as error:
            raise Misconfigured(f"{command.argv[0]} cannot be run ({error.strerror}).") from error
        self._child = child
        try:
            async with asyncio.timeout(timeout_s):
                while not await answers():
                    self._check_running(child, command)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            await child.stop()
            raise Unavailable(
                f"{self._mark.component} did not answer within {timeout_s:.0f} s; its log, {command.log}, "
                f"ends with: {tail_of(command.log)}",
                component=self._mark.component,
            ) from error

    async def wait(self) -> int:
        """Return the exit code once the process has ended; at once where none was started."""
        return 0 if self._child is None else await self._child.wait()

    async def stop(self) -> None:
        """End the process, gracefully first."""
        if self._child is not None:
            await self._child.stop()

    def _check_running(self, child: ChildProcess, command: Command) -> None:
        if not child.is_running:
            raise Unavailable(
                f"{self._mark.component} ended while starting; its log, {command.log}, "
                f"ends with: {tail_of(command.log)}",
                component=self._mark.component,
            )


async def answers_in_time(question: Awaitable[bool], *, refusals: tuple[type[Exception], ...]) -> bool:
    """Await a probe; a refusal or silence for 5 s is no."""
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            return await question
    except TimeoutError:
        return False
    except refusals:
        return False
