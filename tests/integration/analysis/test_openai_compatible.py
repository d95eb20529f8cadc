import json
from typing import Any

import pytest
from pydantic import SecretStr

from traceflow.models.errors import (
    AnswerInvalid,
    ProviderThrottled,
    ProviderTimedOut,
    ProviderUnavailable,
)
from traceflow.models.llm.completion import Completion, CompletionRequest, Task
from traceflow.serve.neurorouter.providers.openai_compatible import Endpoint, OpenAiCompatibleProvider

pytestmark = pytest.mark.integration

GOOD = json.dumps({"summary": "It broke.", "findings": []})


@pytest.fixture
def ask(mini_provider: Any, world_facts: Any) -> Any:
    async def complete(*, url: str = mini_provider.url, timeout_s: float = 5.0) -> Completion:
        endpoint = Endpoint(url=url, model="mini-1", key=SecretStr("sk-secret"), timeout_s=timeout_s)
        provider = OpenAiCompatibleProvider(endpoint, wall_clock=lambda: 1_764_000_000.0)
        try:
            return await provider.complete(CompletionRequest(task=Task.SESSION_SUMMARY, facts=world_facts))
        finally:
            await provider.close()

    return complete


async def test_a_valid_answer_comes_with_the_usage_that_the_provider_counted(
    ask: Any, mini_provider: Any
) -> None:
    mini_provider.will_say(GOOD)

    completion = await ask()

    assert json.loads(completion.answer_json) == json.loads(GOOD)
    assert (completion.usage.input_tokens, completion.usage.output_tokens) == (1_200, 80)


async def test_the_request_asks_for_strict_json_of_the_schema(ask: Any, mini_provider: Any) -> None:
    mini_provider.will_say(GOOD)

    await ask()

    [sent] = mini_provider.requests
    assert sent["model"] == "mini-1"
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["response_format"]["json_schema"]["schema"]["required"] == ["summary", "findings"]
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert mini_provider.headers[0]["authorization"] == "Bearer sk-secret"


@pytest.mark.parametrize(
    ("content", "finish_reason"),
    [
        ("The visitor was angry.", "stop"),
        ('{"summary": "no findings"}', "stop"),
        ("", "stop"),
        (None, "stop"),
        (GOOD, "length"),
        (GOOD[:-5], "stop"),
        (GOOD, "content_filter"),
    ],
)
async def test_an_answer_that_is_not_of_the_schema_is_invalid_and_keeps_its_usage(
    ask: Any, mini_provider: Any, content: str | None, finish_reason: str
) -> None:
    mini_provider.will_say(content, finish_reason=finish_reason)

    with pytest.raises(AnswerInvalid) as raised:
        await ask()

    assert raised.value.context["usage"].input_tokens == 1_200


@pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b'{"choices": []}', b"[" * 100_000])
async def test_a_response_that_is_no_completion_is_invalid(ask: Any, mini_provider: Any, body: bytes) -> None:
    mini_provider.will_send(body)

    with pytest.raises(AnswerInvalid):
        await ask()


@pytest.mark.parametrize(
    ("spelled", "wait_s"), [("7", 7.0), ("Mon, 24 Nov 2025 16:00:30 GMT", 30.0), ("soon", None)]
)
async def test_a_throttling_provider_says_for_how_long(
    ask: Any, mini_provider: Any, spelled: str, wait_s: float | None
) -> None:
    mini_provider.will_send(b"{}", status=429, headers={"Retry-After": spelled})

    with pytest.raises(ProviderThrottled) as raised:
        await ask()

    assert raised.value.context["retry_after_s"] == wait_s


@pytest.mark.parametrize("status", [307, 400, 401, 404, 500, 503])
async def test_any_other_status_is_an_unavailable_provider(ask: Any, mini_provider: Any, status: int) -> None:
    mini_provider.will_send(b"sk-secret is wrong", status=status, headers={"Location": "/elsewhere"})

    with pytest.raises(ProviderUnavailable) as raised:
        await ask()

    assert raised.value.context["status"] == status
    assert "secret" not in str(raised.value)


async def test_a_silent_provider_times_out(ask: Any, mini_provider: Any) -> None:
    mini_provider.will_say(GOOD, delay_s=0.5)

    with pytest.raises(ProviderTimedOut):
        await ask(timeout_s=0.1)


async def test_nobody_at_the_address_is_an_unavailable_provider(ask: Any) -> None:
    with pytest.raises(ProviderUnavailable):
        await ask(url="http://127.0.0.1:1/v1")


async def test_a_response_without_end_is_cut_off(ask: Any, mini_provider: Any) -> None:
    mini_provider.will_send(b" " * (5 * 1024 * 1024))

    with pytest.raises(ProviderUnavailable):
        await ask()
