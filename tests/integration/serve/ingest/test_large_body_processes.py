import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import psutil
import pytest

from traceflow.models.envelope.opening import Arrival, open_envelope
from traceflow.models.errors import EnvelopeInvalid, Unavailable
from traceflow.models.session.key import SessionKey
from traceflow.serve.ingest.large_body import LargeBodyWorkers, open_processes

pytestmark = pytest.mark.integration

EVENTS = b'[{"type":4,"timestamp":1,"data":' + b"[" * 990 + b"]" * 990 + b"}]"
DOCUMENT = (
    b'{"window_id":"w1","segment_id":0,"sent_at_ms":5,"sdk":{"name":"web","version":"1.0.0"},'
    b'"visitor":{"anonymous_id":"v1"},"events":' + EVENTS + b"}"
)
PARENT = """
import os, time
from traceflow.serve.ingest.large_body import open_processes
if __name__ == "__main__":
    print(open_processes(1).submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def arrival(body: bytes) -> Arrival:
    session = SessionKey(tenant_id="acme", project_id="shop", session_id="s1")
    return Arrival(session=session, received_at_ms=1, encoding="identity", body=body)


@pytest.fixture
def workers() -> Iterator[LargeBodyWorkers]:
    workers = LargeBodyWorkers(partial(open_processes, 1), max_waiting=8)
    workers.start()
    yield workers
    workers.close()


async def test_an_envelope_and_an_error_cross_processes(workers: LargeBodyWorkers) -> None:
    envelope = await workers.run(open_envelope, arrival(DOCUMENT), hash_key=b"k" * 32)
    with pytest.raises(EnvelopeInvalid) as caught:
        await workers.run(open_envelope, arrival(DOCUMENT.replace(b'"w1"', b"1")), hash_key=b"k" * 32)

    assert envelope.events == EVENTS
    assert caught.value.context == {"path": "window_id"}


async def test_a_killed_worker_is_replaced(workers: LargeBodyWorkers) -> None:
    worker = await workers.run(os.getpid)
    under_way = asyncio.ensure_future(workers.run(time.sleep, 30))
    await asyncio.sleep(0.1)

    os.kill(worker, signal.SIGKILL)

    with pytest.raises(Unavailable):
        await under_way
    assert await workers.run(os.getpid) != worker


def test_a_worker_ends_with_a_parent_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))

        parent.kill()

        psutil.wait_procs([worker], timeout=10)
        assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
