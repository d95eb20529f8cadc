"""A worker that never gets past its first activity: it is started as a process of its own, to be killed."""

import asyncio
import sys

from traceflow.models.ports import Notice
from traceflow.models.session.facts import SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.serve.neurorouter.build import build_router
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.activities.session_analysis import SessionAnalysisActivities
from traceflow.workflows.settings import WorkflowSettings
from traceflow.workflows.worker import run_worker


class _HangingStore:
    async def session_facts(self, session: SessionKey, *, revision: int) -> SessionFacts:
        sys.stderr.write(f"fetching {session.session_id} {revision}\n")
        sys.stderr.flush()
        await asyncio.Event().wait()
        raise AssertionError

    async def store_insight(self, *_: object, **__: object) -> None:
        raise AssertionError

    async def record_usage(self, *_: object) -> None:
        raise AssertionError


class _NoFeed:
    async def publish(self, notices: list[Notice]) -> None:
        raise AssertionError(notices)


async def _run(address: str, task_queue: str) -> None:
    activities = SessionAnalysisActivities(
        store=_HangingStore(), completer=build_router(LlmSettings()), events=None, feed=_NoFeed()
    )
    await run_worker(
        WorkflowSettings(address=address, task_queue=task_queue),
        activities=activities.all(),
        payload_key=b"k" * 32,
        stop=asyncio.Event(),
    )


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], sys.argv[2]))
