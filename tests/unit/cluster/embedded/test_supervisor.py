import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from traceflow.cluster.embedded.component import Component
from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at
from traceflow.cluster.embedded.stack_state import read_state
from traceflow.cluster.embedded.supervisor import Plan, Supervisor
from traceflow.models.errors import Misconfigured, TraceFlowError, Unavailable

WITHIN_S = 10.0


class FakeComponent:
    """A component without a process; it writes down what is done with it."""

    def __init__(self, name: str, diary: list[str], *, failures: Sequence[TraceFlowError] = ()) -> None:
        self.name = name
        self.port = 20_000
        self.version = "1"
        self.pid: int | None = None
        self.starts = 0
        self.died = asyncio.Event()
        self._diary = diary
        self._failures = list(failures)

    async def start(self) -> None:
        self.starts += 1
        self._diary.append(f"start {self.name}")
        await asyncio.sleep(0)
        if self._failures and (self.starts > 1 or isinstance(self._failures[0], Misconfigured)):
            raise self._failures.pop(0)
        self.died = asyncio.Event()
        self._diary.append(f"up {self.name}")

    async def is_healthy(self) -> bool:
        return True

    async def wait(self) -> int:
        await self.died.wait()
        return -9

    async def stop(self) -> None:
        self._diary.append(f"stop {self.name}")


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    prepared = data_dir_at(tmp_path / "d")
    prepared.prepare()
    return prepared


@pytest.fixture
def diary() -> list[str]:
    return []


def supervise(
    data_dir: DataDir, diary: list[str], *services: Component, stack: Component | None
) -> Supervisor:
    async def prepare() -> None:
        diary.append("prepare")

    plan = Plan(services=services, prepare=prepare, stack=stack, url="http://127.0.0.1:1")
    return Supervisor(data_dir=data_dir, make_plan=lambda: plan, rng=Random(7))


async def running(supervisor: Supervisor, then: Callable[[], Awaitable[None]]) -> None:
    ready = asyncio.Event()
    run = asyncio.create_task(supervisor.run(on_ready=ready.set))
    async with asyncio.timeout(WITHIN_S):
        await ready.wait()
        await then()
        supervisor.request_stop()
        await run


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what is waited for is seen from outside only
        await asyncio.sleep(0.01)


async def nothing() -> None:
    return None


async def test_services_start_side_by_side_then_migrations_run_then_the_stack_and_it_ends_in_reverse(
    data_dir: DataDir, diary: list[str]
) -> None:
    services = FakeComponent("a", diary), FakeComponent("b", diary)

    await running(supervise(data_dir, diary, *services, stack=FakeComponent("stack", diary)), nothing)

    assert diary == [
        *("start a", "start b", "up a", "up b", "prepare", "start stack", "up stack"),
        *("stop stack", "stop a", "stop b"),
    ]


async def test_a_component_that_dies_is_started_again_and_the_state_says_so(
    data_dir: DataDir, diary: list[str]
) -> None:
    service = FakeComponent("a", diary)
    seen: list[tuple[str, int]] = []

    async def die() -> None:
        service.died.set()
        await until(lambda: service.starts == 2)
        await asyncio.sleep(0.05)
        state = read_state(data_dir)
        assert state is not None
        seen.extend((report.state, report.restarts) for report in state.components)

    await running(supervise(data_dir, diary, service, stack=None), die)

    assert seen == [("running", 1)]


async def test_a_component_that_does_not_come_back_is_tried_until_it_does(
    data_dir: DataDir, diary: list[str]
) -> None:
    service = FakeComponent("a", diary, failures=[Unavailable("not yet"), Unavailable("not yet")])

    async def die() -> None:
        service.died.set()
        await until(lambda: diary.count("up a") == 2)

    await running(supervise(data_dir, diary, service, stack=None), die)

    assert service.starts == 4


async def test_one_dying_component_leaves_the_others_alone(data_dir: DataDir, diary: list[str]) -> None:
    dying, other = FakeComponent("a", diary), FakeComponent("b", diary)

    async def die() -> None:
        dying.died.set()
        await until(lambda: dying.starts == 2)

    await running(supervise(data_dir, diary, dying, other, stack=None), die)

    assert other.starts == 1


async def test_a_first_start_that_fails_ends_what_was_started_and_raises_its_own_error(
    data_dir: DataDir, diary: list[str]
) -> None:
    services = FakeComponent("a", diary), FakeComponent("b", diary, failures=[Misconfigured("no room")])
    supervisor = supervise(data_dir, diary, *services, stack=FakeComponent("stack", diary))

    with pytest.raises(Misconfigured, match="no room"):
        await supervisor.run(on_ready=lambda: pytest.fail("it never was ready"))

    assert {"stop a", "stop b"} <= set(diary)
    assert "start stack" not in diary
    assert not data_dir.is_locked()


async def test_a_plan_that_cannot_be_made_starts_nothing_and_gives_the_directory_back(
    data_dir: DataDir,
) -> None:
    def impossible() -> Plan:
        raise Misconfigured("no Temporal")

    with pytest.raises(Misconfigured, match="no Temporal"):
        await Supervisor(data_dir=data_dir, make_plan=impossible, rng=Random(7)).run(on_ready=lambda: None)

    assert not data_dir.is_locked()
    assert not data_dir.runtime_link.is_symlink()


async def test_a_plan_is_made_off_the_loop_so_that_it_may_run_one_of_its_own(data_dir: DataDir) -> None:
    def plan() -> Plan:
        asyncio.run(nothing())
        return Plan(services=[], prepare=nothing, stack=None, url="")

    await running(Supervisor(data_dir=data_dir, make_plan=plan, rng=Random(7)), nothing)


async def test_a_stop_while_starting_ends_the_start(data_dir: DataDir, diary: list[str]) -> None:
    service = FakeComponent("a", diary)

    async def never() -> None:
        await asyncio.Event().wait()

    plan = Plan(services=[service], prepare=never, stack=None, url="")
    supervisor = Supervisor(data_dir=data_dir, make_plan=lambda: plan, rng=Random(7))
    run = asyncio.create_task(supervisor.run(on_ready=lambda: pytest.fail("it never was ready")))
    async with asyncio.timeout(WITHIN_S):
        await until(lambda: "up a" in diary)
        supervisor.request_stop()
        await run

    assert diary[-1] == "stop a"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_it_cleanly(data_dir: DataDir, diary: list[str], number: signal.Signals) -> None:
    supervisor = supervise(data_dir, diary, FakeComponent("a", diary), stack=None)

    async with asyncio.timeout(WITHIN_S):
        await supervisor.run(on_ready=lambda: os.kill(os.getpid(), number))

    assert diary[-1] == "stop a"
    assert read_state(data_dir) is None
    assert not data_dir.runtime_link.is_symlink()


async def test_a_second_supervisor_of_the_same_directory_is_refused_and_starts_nothing(
    data_dir: DataDir, diary: list[str]
) -> None:
    second_diary: list[str] = []

    async def run_second() -> None:
        second = supervise(data_dir, second_diary, FakeComponent("a", second_diary), stack=None)
        with pytest.raises(Misconfigured, match="already"):
            await second.run(on_ready=lambda: None)

    await running(supervise(data_dir, diary, FakeComponent("a", diary), stack=None), run_second)

    assert second_diary == []
