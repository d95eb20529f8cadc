import json
from collections.abc import Sequence

import pytest

from traceflow.datasets.archive.memory_event_lookup import MemoryEventLookup
from traceflow.datasets.store.memory_analysis_store import MemoryAnalysisStore
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.errors import AnswerInvalid
from traceflow.models.evidence import Evidence
from traceflow.models.insight.check import Refusal
from traceflow.models.insight.finding import Insight
from traceflow.models.llm.completion import Completion, FailedAttempt, Task, Usage
from traceflow.models.ports import Notice
from traceflow.models.session.facts import SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.serve.neurorouter.build import build_router
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.activities.session_analysis import SessionAnalysisActivities
from traceflow.workflows.definitions.session_analysis import (
    AnsweredTask,
    ConcludedAnalysis,
    SessionAnalysisInput,
)

SESSION = SessionKey(tenant_id="t1", project_id="p1", session_id="s1")
ANALYSIS = SessionAnalysisInput(tenant_id="t1", project_id="p1", session_id="s1", revision=3)
CLICKS = 30
USAGE = Usage(input_tokens=10, output_tokens=1, latency_ms=5)


def _evidence(index: int) -> Evidence:
    return Evidence(window_id="w1", segment_id=0, event_index=index, at_ms=1_000 + index)


FACTS = SessionFacts(
    session=SESSION,
    revision=0,
    started_at_ms=1_000,
    ended_at_ms=2_000,
    events=CLICKS,
    errors=0,
    pages=(),
    frustration_score=100.0,
    masked={},
    signals=tuple(
        Signal(kind=SignalKind.DEAD_CLICK, at_ms=1_000 + index, reason="", evidence=(_evidence(index),))
        for index in range(CLICKS)
    ),
    notable_events=(),
)
EVENTS = [
    json.dumps({"type": 3, "timestamp": 1_000 + index, "data": {"source": 2, "type": 2}}).encode()
    for index in range(CLICKS)
]


class _Feed:
    def __init__(self) -> None:
        self.notices: list[Notice] = []

    async def publish(self, notices: Sequence[Notice]) -> None:
        self.notices.extend(notices)


class _World:
    def __init__(self) -> None:
        self.store = MemoryAnalysisStore([FACTS])
        self.feed = _Feed()
        self.activities = SessionAnalysisActivities(
            store=self.store,
            completer=build_router(LlmSettings()),
            events=MemoryEventLookup({SESSION: {("w1", 0): EVENTS}}),
            feed=self.feed,
        )


@pytest.fixture
def world() -> _World:
    return _World()


def _answered(answer_json: str, *, failed: tuple[FailedAttempt, ...] = ()) -> AnsweredTask:
    completion = Completion(
        provider="openai_compatible", model="m", answer_json=answer_json, usage=USAGE, failed=failed
    )
    return AnsweredTask(
        analysis=ANALYSIS, ask_id="t1/p1/s1/3/first", task=Task.SESSION_SUMMARY, completion=completion
    )


def _dead_click(index: int, *, event_index: int | None = None) -> dict[str, object]:
    cited = {
        "window_id": "w1",
        "segment_id": 0,
        "event_index": index if event_index is None else event_index,
        "at_ms": 1_000 + index,
    }
    return {"kind": "dead_click", "text": "Nothing happened.", "evidence": [cited]}


async def test_facts_travel_bounded_and_carry_the_revision(world: _World) -> None:
    facts = await world.activities.fetch_session_facts(ANALYSIS)

    assert facts.revision == 3
    assert len(facts.signals) < CLICKS


async def test_a_finding_is_checked_against_all_signals_not_only_those_that_travelled(world: _World) -> None:
    findings = [_dead_click(CLICKS - 1), _dead_click(0, event_index=CLICKS)]

    checked = await world.activities.check_answer(
        _answered(json.dumps({"summary": "s", "findings": findings}))
    )

    assert [finding.evidence for finding in checked.fitting] == [(_evidence(CLICKS - 1),)]
    assert [refused.reason for refused in checked.refused] == [Refusal.MISSING_EVENT]


async def test_attempts_that_gave_no_valid_answer_are_counted(world: _World) -> None:
    failed = tuple(
        FailedAttempt(provider="openai_compatible", model="m", code=code, usage=USAGE)
        for code in ("answer_invalid", "provider_timed_out")
    )

    checked = await world.activities.check_answer(
        _answered('{"summary": "s", "findings": []}', failed=failed)
    )

    assert checked.invalid_answers == 1


async def test_an_answer_that_lost_its_schema_on_the_way_is_invalid(world: _World) -> None:
    with pytest.raises(AnswerInvalid):
        await world.activities.check_answer(_answered("prose"))


async def test_usage_recorded_twice_is_recorded_once_per_attempt(world: _World) -> None:
    failed = FailedAttempt(provider="openai_compatible", model="m", code="answer_invalid", usage=USAGE)
    answered = _answered("{}", failed=(failed,))

    await world.activities.record_usage(answered)
    await world.activities.record_usage(answered)

    assert {one.usage_id: one.outcome for one in world.store.usage} == {
        "t1/p1/s1/3/first/0": "answer_invalid",
        "t1/p1/s1/3/first/1": "completed",
    }


async def test_an_insight_stored_twice_stands_once_and_is_told_by_its_id(world: _World) -> None:
    insight = Insight(insight_id="t1/p1/s1/3", provider="rules", model="rules-1", summary="s", findings=())
    concluded = ConcludedAnalysis(analysis=ANALYSIS, insight=insight)

    await world.activities.store_insight(concluded)
    await world.activities.store_insight(concluded)

    assert await world.store.insights(SESSION) == (insight,)
    assert {notice.fields["insight_id"] for notice in world.feed.notices} == {"t1/p1/s1/3"}
