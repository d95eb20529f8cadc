import asyncio
from collections.abc import Sequence

import pytest

from traceflow.models.errors import (
    AllProvidersFailed,
    AnswerInvalid,
    NotFound,
    ProviderThrottled,
    ProviderUnavailable,
    TraceFlowError,
)
from traceflow.models.llm.completion import Completion, CompletionRequest, Task, Usage
from traceflow.models.session.facts import SessionFacts
from traceflow.serve.neurorouter.providers.rules import RulesProvider
from traceflow.serve.neurorouter.router import NeuroRouter

USAGE = Usage(input_tokens=100, output_tokens=10, latency_ms=5)


class ScriptedProvider:
    name = "openai_compatible"
    model = "m-1"

    def __init__(self, script: Sequence[TraceFlowError | float | None]) -> None:
        self._script = list(script)
        self.requests: list[CompletionRequest] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        step = self._script.pop(0)
        if isinstance(step, TraceFlowError):
            raise step
        if step is not None:
            await asyncio.sleep(step)
        return Completion(provider=self.name, model=self.model, answer_json="{}", usage=USAGE)


def _router(provider: ScriptedProvider, *, clock=None, deadline_s: float = 5.0) -> NeuroRouter:
    routes = {Task.SESSION_SUMMARY: [provider, RulesProvider()]}
    if clock is None:
        return NeuroRouter(routes=routes, deadline_s=deadline_s)
    return NeuroRouter(routes=routes, deadline_s=deadline_s, clock=clock)


@pytest.fixture
def request_(facts: SessionFacts) -> CompletionRequest:
    return CompletionRequest(task=Task.SESSION_SUMMARY, facts=facts)


async def test_the_first_provider_of_the_route_answers(request_: CompletionRequest) -> None:
    router = _router(ScriptedProvider([None]))

    completion = await router.complete(request_)

    assert (completion.provider, completion.usage, completion.failed) == ("openai_compatible", USAGE, ())
    counts = router.counts()["openai_compatible"]
    assert (counts.outcomes, counts.input_tokens, counts.output_tokens) == ({"completed": 1}, 100, 10)


async def test_an_unavailable_provider_is_not_asked_again_and_the_rules_answer(
    request_: CompletionRequest,
) -> None:
    provider = ScriptedProvider([ProviderUnavailable("down")])
    router = _router(provider)

    completion = await router.complete(request_)

    assert completion.provider == "rules"
    assert [(one.provider, one.code) for one in completion.failed] == [
        ("openai_compatible", "provider_unavailable")
    ]
    assert len(provider.requests) == 1
    assert router.counts()["rules"].outcomes == {"completed": 1}


async def test_an_invalid_answer_is_asked_for_once_more_with_what_was_wrong(
    request_: CompletionRequest,
) -> None:
    provider = ScriptedProvider([AnswerInvalid("The answer was not JSON.", usage=USAGE), None])

    completion = await _router(provider).complete(request_)

    assert completion.provider == "openai_compatible"
    assert provider.requests[1].objections == ("The answer was not JSON.",)
    assert [(one.code, one.usage) for one in completion.failed] == [("answer_invalid", USAGE)]


async def test_two_invalid_answers_leave_the_word_to_the_rules(request_: CompletionRequest) -> None:
    provider = ScriptedProvider([AnswerInvalid("prose"), AnswerInvalid("prose")])
    router = _router(provider)

    completion = await router.complete(request_)

    assert completion.provider == "rules"
    assert router.counts()["openai_compatible"].outcomes == {"answer_invalid": 2}


async def test_a_second_ask_is_never_repeated(facts: SessionFacts) -> None:
    provider = ScriptedProvider([AnswerInvalid("prose")])
    second = CompletionRequest(task=Task.SESSION_SUMMARY, facts=facts, objections=("No event.",))

    completion = await _router(provider).complete(second)

    assert completion.provider == "rules"
    assert len(provider.requests) == 1


async def test_a_slow_provider_leaves_time_for_the_rules(request_: CompletionRequest) -> None:
    provider = ScriptedProvider([60.0])

    completion = await _router(provider, deadline_s=0.01).complete(request_)

    assert completion.provider == "rules"
    assert completion.failed[0].code == "provider_timed_out"


async def test_a_throttling_provider_is_left_alone_for_as_long_as_it_asks(
    request_: CompletionRequest,
) -> None:
    now = [100.0]
    provider = ScriptedProvider([ProviderThrottled("slow down", retry_after_s=30.0), None])
    router = _router(provider, clock=lambda: now[0])

    await router.complete(request_)
    now[0] += 29.0
    meanwhile = await router.complete(request_)
    now[0] += 2.0
    afterwards = await router.complete(request_)

    assert meanwhile.provider == "rules"
    assert meanwhile.failed[0].code == "provider_throttled"
    assert afterwards.provider == "openai_compatible"
    assert len(provider.requests) == 2


async def test_one_provider_of_the_route_can_be_asked_for(facts: SessionFacts) -> None:
    provider = ScriptedProvider([])
    request = CompletionRequest(task=Task.SESSION_SUMMARY, facts=facts, provider="rules")

    completion = await _router(provider).complete(request)

    assert completion.provider == "rules"
    assert not provider.requests


async def test_a_route_without_an_answer_says_how_each_provider_failed(facts: SessionFacts) -> None:
    router = NeuroRouter(
        routes={Task.SESSION_SUMMARY: [ScriptedProvider([ProviderUnavailable("down")])]}, deadline_s=1.0
    )

    with pytest.raises(AllProvidersFailed) as raised:
        await router.complete(CompletionRequest(task=Task.SESSION_SUMMARY, facts=facts))

    assert raised.value.context["attempts"] == ["openai_compatible: provider_unavailable"]


async def test_a_task_without_a_route_is_not_found(facts: SessionFacts) -> None:
    router = _router(ScriptedProvider([]))

    with pytest.raises(NotFound):
        await router.complete(CompletionRequest(task=Task.JOURNEY_ANALYSIS, facts=facts))
