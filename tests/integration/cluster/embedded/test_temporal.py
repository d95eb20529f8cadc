import os
import signal
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from traceflow.cluster.embedded.listeners import listeners_of
from traceflow.cluster.embedded.temporal import EmbeddedTemporal

pytestmark = pytest.mark.integration


@pytest.fixture
async def running(temporal: EmbeddedTemporal) -> AsyncIterator[EmbeddedTemporal]:
    await temporal.start()
    yield temporal
    await temporal.stop()


async def test_every_port_that_it_opens_is_on_loopback(running: EmbeddedTemporal) -> None:
    assert running.pid is not None
    listeners = listeners_of([running.pid])

    assert running.port in {listener.port for listener in listeners}
    assert {listener.host for listener in listeners} == {"127.0.0.1"}


async def test_a_workflow_that_was_started_is_there_after_a_kill(temporal: EmbeddedTemporal) -> None:
    await temporal.start()
    client = await Client.connect(temporal.address)
    await client.start_workflow("Nothing", id="w1", task_queue="q")
    assert temporal.pid is not None
    os.kill(temporal.pid, signal.SIGKILL)
    await temporal.wait()

    await temporal.start()

    description = await client.get_workflow_handle("w1").describe()
    await temporal.stop()
    assert description.workflow_type == "Nothing"
    assert temporal.version
