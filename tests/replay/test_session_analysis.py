from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from traceflow.workflows.definitions.session_analysis import SessionAnalysisWorkflow
from traceflow.workflows.worker import workflow_runner

HISTORIES = {
    path.name.split(".")[1]: path.read_text()
    for path in sorted(Path(__file__).with_name("histories").glob("session_analysis.*.json"))
}


async def _replay(history: str) -> None:
    replayer = Replayer(workflows=[SessionAnalysisWorkflow], workflow_runner=workflow_runner())
    await replayer.replay_workflow(WorkflowHistory.from_json("t1/p1/s1/1", history))


def test_every_way_through_the_workflow_has_a_history() -> None:
    assert [*HISTORIES] == ["first_answer_fits", "nothing_fits", "rules_only", "second_answer_fits"]


@pytest.mark.parametrize("name", [*HISTORIES])
async def test_a_recorded_analysis_replays_in_the_sandbox(name: str) -> None:
    await _replay(HISTORIES[name])


async def test_a_history_with_another_step_does_not_replay() -> None:
    history = HISTORIES["rules_only"].replace("check_answer", "check_otherwise")

    with pytest.raises(NondeterminismError):
        await _replay(history)
