import asyncio
import threading
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from traceflow.models.errors import EnvelopeInvalid, Unavailable
from traceflow.serve.ingest.large_body import LargeBodyWorkers


class DyingExecutor(ThreadPoolExecutor):
    """Breaks at every call, as a process pool does whose process was killed."""

    def submit(self, *_: Any, **__: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor())
        return future


async def test_a_function_runs_beside_the_event_loop() -> None:
    workers = LargeBodyWorkers(lambda: ThreadPoolExecutor(1), max_waiting=1)

    assert await workers.run(threading.get_ident) != threading.get_ident()
    workers.close()


async def test_errors_of_the_function_come_back_as_they_are() -> None:
    def refuse() -> None:
        raise EnvelopeInvalid("no", path="events")

    workers = LargeBodyWorkers(lambda: ThreadPoolExecutor(1), max_waiting=1)

    with pytest.raises(EnvelopeInvalid):
        await workers.run(refuse)
    workers.close()


async def test_a_worker_that_died_is_unavailable_and_replaced() -> None:
    executors = iter([DyingExecutor(1), ThreadPoolExecutor(1)])
    workers = LargeBodyWorkers(lambda: next(executors), max_waiting=1)

    with pytest.raises(Unavailable):
        await workers.run(int, 7)

    assert await workers.run(int, 7) == 7
    workers.close()


async def test_who_would_wait_too_long_is_told_to_come_later() -> None:
    release = threading.Event()
    workers = LargeBodyWorkers(lambda: ThreadPoolExecutor(1), max_waiting=2)
    waiting = [asyncio.ensure_future(workers.run(release.wait, 5)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await workers.run(int)

    release.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await workers.run(int) == 0
    workers.close()
