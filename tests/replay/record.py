"""Records the histories beside it: run it, with Temporal's binary as its argument, after a step is added."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from traceflow.datasets.archive.memory_event_lookup import MemoryEventLookup
from traceflow.datasets.store.memory_analysis_store import MemoryAnalysisStore
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.insight.finding import analysis_id
from traceflow.models.llm.completion import Completion, CompletionRequest, Usage
from traceflow.models.ports import Notice
from traceflow.models.session.facts import SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.serve.neurorouter.build import build_router
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.activities.session_analysis import SessionAnalysisActivities
from traceflow.workflows.definitions.session_analysis import SessionAnalysisInput, SessionAnalysisWorkflow
from traceflow.workflows.worker import build_worker

HISTORIES = Path(__file__).with_name("histories")
SESSION = SessionKey(tenant_id="t1", project_id="p1", session_id="s1")
CLICK = {"window_id": "w1", "segment_id": 0, "event_index": 0, "at_ms": 1_764_000_001_000}
GOOD = {"kind": "rage_click", "text": "Paying made the visitor angry.", "evidence": [CLICK]}
MISFIT = {"kind": "rage_click", "text": "Never recorded.", "evidence": [{**CLICK, "event_index": 9}]}

# The findings of each answer that the model gives before the rules are asked.
SCENARIOS = {
    "rules_only": [],
    "first_answer_fits": [[GOOD]],
    "second_answer_fits": [[MISFIT], [GOOD]],
    "nothing_fits": [[MISFIT], [MISFIT]],
}


class _Completer:
    def __init__(self, answers: Sequence[Sequence[object]]) -> None:
        self._answers = list(answers)
        self._rules = build_router(LlmSettings())

    async def complete(self, request: CompletionRequest) -> Completion:
        if not self._answers:
            return await self._rules.complete(request)
        answer = json.dumps({"summary": "Paying failed.", "findings": self._answers.pop(0)})
        usage = Usage(input_tokens=1_200, output_tokens=80, latency_ms=900)
        return Completion(provider="openai_compatible", model="m-1", answer_json=answer, usage=usage)


class _NoFeed:
    async def publish(self, notices: Sequence[Notice]) -> None:
        assert notices


def _facts() -> SessionFacts:
    signal = Signal(
        kind=SignalKind.RAGE_CLICK,
        at_ms=CLICK["at_ms"],
        reason="3 clicks within 900 ms.",
        evidence=(Evidence(**CLICK),),
    )
    return SessionFacts(
        session=SESSION,
        revision=1,
        started_at_ms=1_764_000_000_000,
        ended_at_ms=1_764_000_002_000,
        events=1,
        errors=0,
        pages=("https://shop.example/",),
        frustration_score=61.0,
        masked={"email": 1},
        signals=(signal,),
        notable_events=(),
    )


async def _record(binary: str) -> None:
    event = json.dumps({"type": 3, "timestamp": CLICK["at_ms"], "data": {"source": 2, "type": 2}}).encode()
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary, identity="recorder"
    ) as environment:
        for number, (name, answers) in enumerate(SCENARIOS.items()):
            activities = SessionAnalysisActivities(
                store=MemoryAnalysisStore([_facts()]),
                completer=_Completer(answers),
                events=MemoryEventLookup({SESSION: {("w1", 0): [event]}}),
                feed=_NoFeed(),
            )
            async with build_worker(environment.client, activities=activities.all(), task_queue="record"):
                handle = await environment.client.start_workflow(
                    SessionAnalysisWorkflow.run,
                    SessionAnalysisInput(tenant_id="t1", project_id="p1", session_id="s1", revision=number),
                    id=analysis_id(SESSION, revision=number),
                    task_queue="record",
                )
                await handle.result()
            history = await handle.fetch_history()
            (HISTORIES / f"session_analysis.{name}.json").write_text(history.to_json() + "\n")


if __name__ == "__main__":
    asyncio.run(_record(sys.argv[1]))
