"""Hops 1 and 3 for large bodies: opened and redacted in another process, so that no other request waits."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from functools import partial
from typing import TypeVar

from traceflow.models.envelope.envelope import Envelope
from traceflow.models.envelope.opening import Arrival, open_envelope
from traceflow.models.errors import Unavailable
from traceflow.models.ports import Redactor
from traceflow.serve.ingest.tuning import tune_process

Result = TypeVar("Result")

# A process is back in about a second.
_RETRY_AFTER_S = 1.0


def open_and_redact(arrival: Arrival, redactor: Redactor, *, hash_key: bytes, token_key: bytes) -> Envelope:
    """Hops 1 and 3 in one trip: nothing decoded and not redacted crosses between processes."""
    return redactor.redact(open_envelope(arrival, hash_key=hash_key), token_key=token_key)


def open_processes(workers: int) -> Executor:
    """Return an executor of processes that end with the one that opens them, however it ends."""
    # Spawned: a fork would take the event loop's sockets and Ray's threads' locks with it.
    return ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker
    )


class LargeBodyWorkers:
    """A bounded queue before an executor that is opened anew when its processes die."""

    def __init__(self, open_executor: Callable[[], Executor], *, max_waiting: int) -> None:
        self._open_executor = open_executor
        self._max_waiting = max_waiting
        self._executor: Executor | None = None
        self._waiting = 0

    def start(self) -> None:
        """Open the executor and let its processes import what they need, without waiting for them."""
        self._running().submit(os.getpid)

    async def run(self, function: Callable[..., Result], *args: object, **kwargs: object) -> Result:
        """Run a function in a worker; raises Unavailable where too many wait, or the worker died."""
        if self._waiting >= self._max_waiting:
            raise Unavailable("Too many large segments at once.", retry_after_s=_RETRY_AFTER_S)
        executor = self._running()
        self._waiting += 1
        try:
            call = partial(function, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(executor, call)
        except BrokenExecutor as error:
            self._discard(executor)
            raise Unavailable("A worker died.", retry_after_s=_RETRY_AFTER_S) from error
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the workers; what they were doing is answered as unavailable."""
        if self._executor is not None:
            self._discard(self._executor)

    def _running(self) -> Executor:
        if self._executor is None:
            self._executor = self._open_executor()
        return self._executor

    def _discard(self, executor: Executor) -> None:
        executor.shutdown(wait=False, cancel_futures=True)
        if self._executor is executor:
            self._executor = None


def _begin_worker() -> None:
    tune_process()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    # A worker that waits for its next call would outlive a parent that was killed.
    os._exit(1)
