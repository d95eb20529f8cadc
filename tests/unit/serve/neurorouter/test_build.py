import pytest
from pydantic import SecretStr

from traceflow.models.errors import Misconfigured
from traceflow.models.llm.completion import CompletionRequest, Task
from traceflow.models.session.facts import SessionFacts
from traceflow.serve.neurorouter.build import build_router
from traceflow.serve.neurorouter.settings import LlmSettings


async def test_without_an_endpoint_the_rules_answer_offline(facts: SessionFacts) -> None:
    router = build_router(LlmSettings())

    completion = await router.complete(CompletionRequest(task=Task.SESSION_SUMMARY, facts=facts))

    assert completion.provider == "rules"
    assert not completion.failed


@pytest.mark.parametrize(
    "settings",
    [
        LlmSettings(url="https://llm.example/v1"),
        LlmSettings(model="m"),
        LlmSettings(key=SecretStr("k")),
        LlmSettings(url="llm.example", model="m"),
        LlmSettings(url="https://llm.example/v1", model="m", key=SecretStr("schlüssel")),
    ],
)
def test_half_an_endpoint_is_refused_at_the_start(settings: LlmSettings) -> None:
    with pytest.raises(Misconfigured):
        build_router(settings)
