"""Starts a stack's components in order, keeps them alive, and ends them in reverse order.

It knows nothing of what they are: settings decide which are embedded, and it gets the list.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import psutil
import structlog

from traceflow.cluster.embedded.component import Component, ComponentReport, ComponentState
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.leftovers import clear_leftovers
from traceflow.cluster.embedded.ray_logs import collect_ray_logs
from traceflow.cluster.embedded.restart import Watch, on_failed, on_probe, on_retry, on_started, on_stopped
from traceflow.cluster.embedded.stack_state import StackState, write_state
from traceflow.models.errors import TraceFlowError

_PROBE_EVERY_S = 2.0
_LINK_EVERY_S = 60.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run: the services side by side, then ``prepare`` (migrations), then the stack's own process."""

    services: Sequence[Component]
    prepare: Callable[[], Awaitable[None]]
    stack: Component | None
    url: str


@dataclass(slots=True)
class _Kept:
    """A component and what is known of it."""

    component: Component
    watch: Watch = field(default_factory=Watch)


class Supervisor:
    """Runs a plan until it is told to stop. One per data directory, whose lock it holds meanwhile.

    ``make_plan`` is called with the lock held and the leftovers of an earlier stack gone, so that the
    ports which they held are free to be claimed again; in a thread of its own, since it may take long.
    """

    def __init__(self, *, data_dir: DataDir, make_plan: Callable[[], Plan], rng: Random) -> None:
        self._data_dir = data_dir
        self._make_plan = make_plan
        self._rng = rng
        self._stopping = asyncio.Event()
        self._services: list[_Kept] = []
        self._stack: list[_Kept] = []
        self._url = ""
        self._started_at_ms = time.time_ns() // 1_000_000
        self._is_ready = False

    def request_stop(self) -> None:
        """Have ``run`` end the components and return; callable from a signal handler of the loop."""
        self._stopping.set()

    async def run(self, *, on_ready: Callable[[], None]) -> None:
        """Start everything, call ``on_ready``, keep it running until SIGINT, SIGTERM or ``request_stop``.

        Raises what ``make_plan`` and the first start of a component raise; later failures are retried for
        ever. Nothing is left running when it returns or raises. Runs in the main thread.
        """
        self._data_dir.prepare()
        with self._data_dir.lock(), self._stop_on_signals():
            await asyncio.to_thread(clear_leftovers, self._data_dir)
            await asyncio.to_thread(collect_ray_logs, self._data_dir)
            self._data_dir.link_runtime_dir()
            try:
                if await self._unless_stopped(self._start_all()):
                    self._is_ready = True
                    self._write_state()
                    on_ready()
                    await self._keep_all()
            finally:
                await self._stop_all()

    async def _start_all(self) -> None:
        # Off the loop: a program that is missing is built first, and a signal must be heard meanwhile.
        plan = await asyncio.to_thread(self._make_plan)
        self._url = plan.url
        self._services = [_Kept(component) for component in plan.services]
        self._stack = [] if plan.stack is None else [_Kept(plan.stack)]
        async with _plain_errors(), asyncio.TaskGroup() as group:
            for kept in self._services:
                group.create_task(self._start_first(kept))
        await plan.prepare()
        for kept in self._stack:
            await self._start_first(kept)

    async def _start_first(self, kept: _Kept) -> None:
        self._write_state()
        await kept.component.start()
        self._observe(kept, on_started(kept.watch, now_s=time.monotonic()))

    async def _unless_stopped(self, work: Awaitable[None]) -> bool:
        """Await the work; return False where a stop was asked for first, with the work cancelled."""
        task = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                return False
            task.result()
            return True
        finally:
            stopping.cancel()
            task.cancel()
            await asyncio.gather(task, stopping, return_exceptions=True)

    async def _keep_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._keep(kept)) for kept in self._all()]
            tasks.append(group.create_task(self._keep_link()))
            await self._stopping.wait()
            for task in tasks:
                task.cancel()

    async def _keep_link(self) -> None:
        # /tmp is swept on many machines, and Ray's sockets are reached through this link.
        while True:
            await asyncio.sleep(_LINK_EVERY_S)
            try:
                self._data_dir.link_runtime_dir()
            except TraceFlowError as error:
                _log.warning("runtime_link_lost", reason=error.message)

    async def _keep(self, kept: _Kept) -> None:
        """Keep one component alive for ever."""
        while True:
            reason = await self._until_failed(kept)
            self._observe(kept, on_failed(kept.watch, now_s=time.monotonic(), rng=self._rng))
            _log.warning("component_failed", component=kept.component.name, reason=reason)
            await self._until_restarted(kept)

    async def _until_failed(self, kept: _Kept) -> str:
        exited = asyncio.ensure_future(kept.component.wait())
        try:
            while not kept.watch.is_hung:
                done, _ = await asyncio.wait({exited}, timeout=_PROBE_EVERY_S)
                if done:
                    return f"ended with code {exited.result()}"
                is_healthy = await kept.component.is_healthy()
                kept.watch = on_probe(kept.watch, is_healthy=is_healthy)
        finally:
            exited.cancel()
        await kept.component.stop()
        return "did not answer"

    async def _until_restarted(self, kept: _Kept) -> None:
        while kept.watch.state is not ComponentState.RUNNING:
            await asyncio.sleep(max(0.0, kept.watch.retry_at_s - time.monotonic()))
            self._observe(kept, on_retry(kept.watch))
            try:
                await kept.component.start()
            except (TraceFlowError, OSError) as error:  # OSError: a full disk, say
                _log.warning("component_start_failed", component=kept.component.name, reason=str(error))
                await kept.component.stop()
                self._observe(kept, on_failed(kept.watch, now_s=time.monotonic(), rng=self._rng))
            else:
                self._observe(kept, on_started(kept.watch, now_s=time.monotonic()))
                _log.info("component_restarted", component=kept.component.name, pid=kept.component.pid)

    async def _stop_all(self) -> None:
        self._is_ready = False
        for kept in self._stack:
            await self._stop(kept)
        # The services do not know each other; what used them is gone.
        await asyncio.gather(*(self._stop(kept) for kept in self._services))
        await asyncio.to_thread(clear_leftovers, self._data_dir)
        await asyncio.to_thread(collect_ray_logs, self._data_dir)
        self._data_dir.state.unlink(missing_ok=True)
        self._data_dir.unlink_runtime_dir()

    async def _stop(self, kept: _Kept) -> None:
        try:
            await kept.component.stop()
        except TraceFlowError as error:  # the last sweep tries again, and the others are stopped anyway
            _log.warning("component_stop_failed", component=kept.component.name, reason=error.message)
        self._observe(kept, on_stopped(kept.watch))

    def _all(self) -> list[_Kept]:
        return [*self._services, *self._stack]

    def _observe(self, kept: _Kept, watch: Watch) -> None:
        kept.watch = watch
        self._write_state()

    def _write_state(self) -> None:
        this = psutil.Process()
        state = StackState(
            supervisor_pid=this.pid,
            supervisor_create_time_s=float(this.create_time()),
            started_at_ms=self._started_at_ms,
            is_ready=self._is_ready,
            url=self._url,
            components=tuple(_report(kept) for kept in self._all()),
        )
        try:
            write_state(self._data_dir, state)
        except OSError as error:  # a full disk is no reason to end what still runs
            _log.warning("state_not_written", reason=str(error))

    @contextlib.contextmanager
    def _stop_on_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        # SIGHUP: the terminal of an `up` in the foreground was closed.
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self.request_stop)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


def _report(kept: _Kept) -> ComponentReport:
    component = kept.component
    pid = component.pid
    create_time_s = 0.0
    if pid is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            create_time_s = float(psutil.Process(pid).create_time())
    return ComponentReport(
        name=component.name,
        pid=pid,
        create_time_s=create_time_s,
        port=component.port,
        version=component.version,
        state=kept.watch.state.value,
        restarts=kept.watch.restarts,
    )


@contextlib.asynccontextmanager
async def _plain_errors() -> AsyncIterator[None]:
    """Raise the first error of a task group as itself: who started the stack reads one message."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
