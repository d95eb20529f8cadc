import json
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from traceflow.models.errors import StoreUnavailable, WorkflowsUnavailable
from traceflow.models.session.key import SessionKey
from traceflow.serve.neurorouter.settings import LlmSettings
from traceflow.workflows.settings import WorkflowSettings
from traceflow.workflows.starter import TemporalStarter

pytestmark = pytest.mark.integration

START_MS = 1_764_000_000_000
RAGE = {"window_id": "w1", "segment_id": 0, "event_index": 4, "at_ms": START_MS + 1_400, "session_id": None}
GOOD = {"kind": "rage_click", "text": "Paying made the visitor angry", "evidence": [RAGE]}
MISFITS = {
    "missing_event": {**GOOD, "evidence": [{**RAGE, "event_index": 99}]},
    "other_session": {**GOOD, "evidence": [{**RAGE, "session_id": "s2"}]},
    "wrong_kind": {**GOOD, "kind": "dead_click"},
    "wrong_time": {**GOOD, "evidence": [{**RAGE, "at_ms": START_MS + 1_401}]},
    "no_evidence": {**GOOD, "evidence": []},
}


def _answer(*findings: dict[str, Any]) -> str:
    return json.dumps({"summary": "Paying failed.", "findings": findings})


def _llm(provider: Any) -> LlmSettings:
    return LlmSettings(url=provider.url, model="mini-1", key=SecretStr("k"))


async def test_without_a_model_the_rules_write_an_insight_that_cites_every_kind_of_signal(world: Any) -> None:
    insight = await world.analyse(revision=1)

    assert insight.provider == "rules"
    assert insight.insight_id == "t1/p1/s1/1"
    assert "without a language model" in insight.summary
    assert {finding.kind for finding in insight.findings} == {
        "rage_click",
        "error_click",
        "dead_click",
        "error",
    }
    assert insight.rejected == {}
    assert [(one.kind, one.fields["insight_id"]) for one in world.feed.notices] == [("insight", "t1/p1/s1/1")]


async def test_an_answer_whose_findings_fit_is_stored_as_it_is(world: Any, mini_provider: Any) -> None:
    mini_provider.will_say(_answer(GOOD))

    insight = await world.analyse(_llm(mini_provider), revision=2)

    assert (insight.provider, insight.model, insight.summary) == (
        "openai_compatible",
        "mini-1",
        "Paying failed.",
    )
    assert [finding.text for finding in insight.findings] == [GOOD["text"]]
    assert len(mini_provider.requests) == 1
    [usage] = world.store.usage
    assert (usage.outcome, usage.usage.input_tokens) == ("completed", 1_200)


@pytest.mark.parametrize(("number", "reason"), [*enumerate(MISFITS, start=10)])
async def test_a_misfit_is_never_stored_is_counted_by_its_reason_and_asked_for_once_more(
    world: Any, mini_provider: Any, number: int, reason: str
) -> None:
    mini_provider.will_say(_answer(MISFITS[reason], GOOD))
    mini_provider.will_say(_answer(MISFITS[reason], GOOD))

    insight = await world.analyse(_llm(mini_provider), revision=number)

    assert [finding.text for finding in insight.findings] == [GOOD["text"]]
    assert insight.rejected == {reason: 2}
    assert insight.summary == "Paying made the visitor angry."
    first, second = (request["messages"][1]["content"] for request in mini_provider.requests)
    assert "Finding 1" not in first
    assert "- Finding 1 " in second


async def test_where_nothing_of_the_model_fits_the_insight_is_the_rules_one(
    world: Any, mini_provider: Any
) -> None:
    mini_provider.will_say(_answer(*MISFITS.values()))
    mini_provider.will_say(_answer(*MISFITS.values()))

    insight = await world.analyse(_llm(mini_provider), revision=20)

    assert insight.provider == "rules"
    assert insight.findings
    assert insight.rejected == dict.fromkeys(MISFITS, 2)
    assert len(mini_provider.requests) == 2


async def test_a_model_that_mends_its_answer_is_believed(world: Any, mini_provider: Any) -> None:
    mini_provider.will_say(_answer(MISFITS["wrong_time"]))
    mini_provider.will_say(_answer(GOOD))

    insight = await world.analyse(_llm(mini_provider), revision=21)

    assert insight.summary == "Paying failed."
    assert insight.rejected == {"wrong_time": 1}
    assert len(world.store.usage) == 2


@pytest.mark.parametrize(("revision", "second"), [(30, "Still prose."), (31, _answer(MISFITS["wrong_kind"]))])
async def test_prose_for_json_is_asked_for_once_more_on_the_wire_and_then_the_rules_write(
    world: Any, mini_provider: Any, revision: int, second: str
) -> None:
    mini_provider.will_say("The visitor was angry.")
    mini_provider.will_say(second)

    insight = await world.analyse(_llm(mini_provider), revision=revision)

    assert insight.provider == "rules"
    assert len(mini_provider.requests) == 2
    assert "- The answer was not JSON." in mini_provider.requests[1]["messages"][1]["content"]
    assert insight.rejected["answer_invalid"] + insight.rejected.get("wrong_kind", 0) == 2


async def test_a_broken_provider_is_not_asked_again_and_the_rules_write(
    world: Any, mini_provider: Any
) -> None:
    mini_provider.will_send(b"out of order", status=500)

    insight = await world.analyse(_llm(mini_provider), revision=40)

    assert insight.provider == "rules"
    assert [record.outcome for record in world.store.usage] == ["provider_unavailable", "completed"]


async def test_what_the_store_cannot_give_at_once_is_fetched_again(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, failures = world.store.session_facts, [StoreUnavailable("down")]

    async def fetch_after_a_failure(session: SessionKey, *, revision: int) -> Any:
        if failures:
            raise failures.pop()
        return await fetch(session, revision=revision)

    monkeypatch.setattr(world.store, "session_facts", fetch_after_a_failure)

    insight = await world.analyse(revision=50)

    assert insight.provider == "rules"


async def test_one_revision_is_analysed_once_however_often_it_is_started(world: Any) -> None:
    await world.analyse(revision=60)

    again = await world.analyse(revision=60)

    assert again.insight_id == "t1/p1/s1/60"
    assert len(world.feed.notices) == 1


async def test_an_unknown_session_fails_at_once_and_may_be_started_again(world: Any) -> None:
    unknown = SessionKey(tenant_id="t1", project_id="p1", session_id="unknown")

    async with world.worker() as client:
        workflow_id = await world.starter.start_session_analysis(unknown, revision=1)
        with pytest.raises(WorkflowFailureError) as raised:
            await client.get_workflow_handle(workflow_id).result()
        assert await world.starter.start_session_analysis(unknown, revision=1) == workflow_id

    cause = raised.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.non_retryable) == ("not_found", True)


async def test_nothing_of_a_session_is_readable_in_the_history_or_on_disk(world: Any, temporal: Any) -> None:
    await world.analyse(revision=70)

    client = await world.client()
    history = await client.get_workflow_handle("t1/p1/s1/70").fetch_history()
    on_disk = b"".join(path.read_bytes() for path in temporal.database.parent.glob("temporal.db*"))
    serialized = b"".join(event.SerializeToString() for event in history.events)
    assert b"binary/traceflow-aes256gcm" in serialized
    assert b"canary-in-an-error" not in serialized
    assert b"t1/p1/s1/70" in on_disk
    assert b"canary-in-an-error" not in on_disk


async def test_a_start_without_temporal_fails_within_the_time_of_one_call() -> None:
    settings = WorkflowSettings(address="127.0.0.1:1", call_timeout_s=1.0)
    starter = TemporalStarter(settings, payload_key=b"k" * 32)

    with pytest.raises(WorkflowsUnavailable):
        await starter.start_session_analysis(
            SessionKey(tenant_id="t1", project_id="p1", session_id="s1"), revision=1
        )
