import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from traceflow.models.llm.completion import Completion, CompletionRequest
from traceflow.serve.neurorouter.build import build_router
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.worker import build_worker, run_worker

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

HANGING_WORKER = Path(__file__).with_name("hanging_worker.py")


@pytest.fixture
async def hanging_worker(world: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(HANGING_WORKER),
        world.settings.address,
        world.settings.task_queue,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_an_analysis_whose_worker_was_killed_is_finished_by_the_next(
    world: Any, hanging_worker: asyncio.subprocess.Process
) -> None:
    workflow_id = await world.starter.start_session_analysis(world.session, revision=100)
    assert await hanging_worker.stderr.readline() == b"fetching s1 100\n"
    hanging_worker.kill()
    await hanging_worker.wait()

    async with world.worker() as client:
        await client.get_workflow_handle(workflow_id).result()

    [insight] = await world.store.insights(world.session)
    assert insight.insight_id == workflow_id


class _GatedCompleter:
    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self._router = build_router(LlmSettings())

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked.set()
        await self.gate.wait()
        return await self._router.complete(request)


async def test_an_analysis_outlives_a_kill_of_temporal(world: Any, temporal: Any) -> None:
    completer = _GatedCompleter()
    client = await world.client()
    activities = world.activities(completer).all()

    async with build_worker(client, activities=activities, task_queue=world.settings.task_queue):
        workflow_id = await world.starter.start_session_analysis(world.session, revision=101)
        await completer.asked.wait()
        temporal.kill()
        completer.gate.set()
        temporal.start()
        await client.get_workflow_handle(workflow_id).result()

    [insight] = await world.store.insights(world.session)
    assert insight.insight_id == workflow_id


async def test_a_worker_that_comes_up_before_temporal_works_once_it_is_there(
    world: Any, temporal: Any
) -> None:
    stop = asyncio.Event()
    activities = world.activities(build_router(LlmSettings())).all()
    temporal.kill()

    working = asyncio.create_task(
        run_worker(world.settings, activities=activities, payload_key=world.payload_key, stop=stop)
    )
    await asyncio.sleep(0.2)
    temporal.start()
    workflow_id = await world.starter.start_session_analysis(world.session, revision=102)
    client = await world.client()
    await client.get_workflow_handle(workflow_id).result()
    stop.set()
    await working

    assert (await world.store.insights(world.session))[0].insight_id == workflow_id
