"""A component that is any command with any probe: the Ray driver of the stack is one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from traceflow.cluster.embedded.process import Command, ProcessMark
from traceflow.cluster.embedded.service import Service
from traceflow.models.errors import Unavailable

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandShape:
    """What a command component is called and how it is asked."""

    name: str
    version: str
    port: int | None
    start_timeout_s: float
    answers: Callable[[], Awaitable[bool]]
    start_attempts: int = 1


class CommandComponent:
    """Runs the command; what carries its mark from an earlier start (Ray's processes) is ended first.

    ``answers`` raises nothing, and is also the health probe.
    """

    def __init__(self, *, stack_id: str, shape: CommandShape, command: Command) -> None:
        self._shape = shape
        self._command = command
        self._service = Service(ProcessMark(stack_id=stack_id, component=shape.name))
        self.name = shape.name
        self.version = shape.version
        self.port = shape.port

    @property
    def pid(self) -> int | None:
        return self._service.pid

    async def start(self) -> None:
        for attempts_left in reversed(range(self._shape.start_attempts)):
            try:
                await self._start_once()
            except Unavailable as error:
                if not attempts_left:
                    raise
                _log.warning("component_start_failed", component=self.name, reason=error.message)
            else:
                return

    async def _start_once(self) -> None:
        await self._service.clear(cwd=self._command.cwd)
        await self._service.launch(
            self._command, answers=self._shape.answers, timeout_s=self._shape.start_timeout_s
        )

    async def is_healthy(self) -> bool:
        return await self._shape.answers()

    async def wait(self) -> int:
        return await self._service.wait()

    async def stop(self) -> None:
        await self._service.stop()
        await self._service.clear(cwd=self._command.cwd)
