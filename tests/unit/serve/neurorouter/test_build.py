import pytest
from pydantic import ValidationError

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
        {"url": "https://llm.example/v1"},
        {"model": "m"},
        {"key": "k"},
        {"url": "llm.example", "model": "m"},
        {"url": "https://llm.example/v1", "model": "m", "key": "schlüssel"},
    ],
)
def test_half_an_endpoint_is_refused_where_settings_are_read(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="language model"):
        LlmSettings.model_validate(settings)
