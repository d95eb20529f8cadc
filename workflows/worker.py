"""Hops 8-10. The worker: runs the workflow's steps, in any event loop that it is given."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from traceflow.models.errors import WorkflowsUnavailable
from traceflow.workflows.activities.error_translation import ErrorTranslation
from traceflow.workflows.client import connect
from traceflow.workflows.definitions.session_analysis import SessionAnalysisWorkflow
from traceflow.workflows.settings import WorkflowSettings

log = structlog.get_logger(__name__)

# Without these the worker refuses to start, or pays 20-240 ms per workflow for importing them anew.
# The models are pure by contract; the definitions themselves stay inside the sandbox.
_PASSED_THROUGH = ("traceflow.models", "msgspec", "ray", "numpy", "httpx", "psycopg")

# An answer is waited for up to 10 s; so many analyses can wait at once without a second worker.
_CONCURRENT_ACTIVITIES = 50
_CONCURRENT_WORKFLOW_TASKS = 20

# Activities that are cut off are given out again: a long goodbye gains nothing.
_GRACE = timedelta(seconds=5)

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 5.0


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return the sandbox in which definitions run, in workers and in replays alike."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
    )


def build_worker(client: Client, *, activities: Sequence[Callable[..., Any]], task_queue: str) -> Worker:
    """Assemble the worker; nothing runs until it is entered or run. Activities are coroutines."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[SessionAnalysisWorkflow],
        activities=activities,
        interceptors=[ErrorTranslation()],
        workflow_runner=workflow_runner(),
        max_concurrent_activities=_CONCURRENT_ACTIVITIES,
        max_concurrent_workflow_tasks=_CONCURRENT_WORKFLOW_TASKS,
        graceful_shutdown_timeout=_GRACE,
    )


async def run_worker(
    settings: WorkflowSettings,
    *,
    activities: Sequence[Callable[..., Any]],
    payload_key: bytes,
    stop: asyncio.Event,
) -> None:
    """Work until told to stop, however often Temporal goes away and comes back."""
    wait_s = _FIRST_WAIT_S
    while not stop.is_set():
        try:
            client = await connect(settings, payload_key=payload_key)
            worker = build_worker(client, activities=activities, task_queue=settings.task_queue)
            await _work(worker, stop=stop)
        except WorkflowsUnavailable as error:
            log.warning("worker_interrupted", error=error.message, again_in_s=wait_s)
            await _wait(stop, wait_s=wait_s)
            wait_s = min(_LONGEST_WAIT_S, wait_s * 2)


async def _work(worker: Worker, *, stop: asyncio.Event) -> None:
    log.info("worker_started", task_queue=worker.task_queue)
    try:
        async with worker:
            await stop.wait()
    except (RPCError, RuntimeError) as error:
        # RuntimeError is how the SDK's core spells a poll that failed for good.
        raise WorkflowsUnavailable("Temporal went away from the worker.") from error


async def _wait(stop: asyncio.Event, *, wait_s: float) -> None:
    try:
        async with asyncio.timeout(wait_s):
            await stop.wait()
    except TimeoutError:
        return
