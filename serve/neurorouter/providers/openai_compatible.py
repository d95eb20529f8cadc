"""Hop 9. The provider ``openai_compatible``: any endpoint that speaks OpenAI's chat completions."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, time
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from traceflow.models.errors import (
    AnswerInvalid,
    NotFound,
    ProviderThrottled,
    ProviderTimedOut,
    ProviderUnavailable,
)
from traceflow.models.llm.answer import parse_session_summary, session_summary_schema
from traceflow.models.llm.completion import Completion, CompletionRequest, Task, Usage
from traceflow.serve.neurorouter.prompt import render_prompt
from traceflow.serve.neurorouter.retry_after import retry_after_s

# A local endpoint answers the handshake in a millisecond, a far one in a few hundred.
_CONNECT_TIMEOUT_S = 3.0

# An answer within the schema's own limits is far smaller; more is a fault, and memory is finite.
_MAX_RESPONSE_BYTES = 4 * 1024 * 1024


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None


class _TokenUsage(_Lenient):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _ChatCompletion(_Lenient):
    choices: list[_Choice]
    model: str | None = None
    usage: _TokenUsage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where to ask, as whom, and for which model."""

    url: str
    model: str
    key: SecretStr | None
    timeout_s: float


class OpenAiCompatibleProvider:
    """Asks one endpoint, once per call; who asks again is the router.

    Holds a pool of connections: close it with ``close``.
    """

    name = "openai_compatible"

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        clock: Callable[[], float] = monotonic,
        wall_clock: Callable[[], float] = time,
    ) -> None:
        self.model = endpoint.model
        self._endpoint = endpoint
        self._clock = clock
        self._wall_clock = wall_clock
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(endpoint.timeout_s, connect=min(_CONNECT_TIMEOUT_S, endpoint.timeout_s)),
            # A proxy of the environment is for what is outside: a local endpoint is asked directly.
            mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def complete(self, request: CompletionRequest) -> Completion:
        if request.task is not Task.SESSION_SUMMARY:
            raise NotFound(f"No schema is written for the task {request.task.value}.")
        started = self._clock()
        content = await self._post(self._body(request))
        answered = _read_completion(content)
        usage = _usage(answered, latency_ms=round((self._clock() - started) * 1000))
        try:
            answer_json = parse_session_summary(_answer_text(answered)).model_dump_json()
        except AnswerInvalid as error:
            raise AnswerInvalid(error.message, usage=usage) from error
        return Completion(provider=self.name, model=self.model, answer_json=answer_json, usage=usage)

    def _body(self, request: CompletionRequest) -> dict[str, Any]:
        prompt = render_prompt(request)
        return {
            "model": self._endpoint.model,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": request.task.value,
                    "strict": True,
                    "schema": session_summary_schema(),
                },
            },
        }

    async def _post(self, body: dict[str, Any]) -> bytes:
        try:
            async with asyncio.timeout(self._endpoint.timeout_s):
                return await self._exchange(body)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ProviderTimedOut(
                f"The provider did not answer in {self._endpoint.timeout_s:g} s."
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnavailable(f"The provider failed: {type(error).__name__}.") from error

    async def _exchange(self, body: dict[str, Any]) -> bytes:
        url = f"{self._endpoint.url.rstrip('/')}/chat/completions"
        headers = {}
        if self._endpoint.key:
            headers["Authorization"] = f"Bearer {self._endpoint.key.get_secret_value()}"
        async with self._client.stream("POST", url, json=body, headers=headers) as response:
            self._check_status(response)
            return await _bounded_content(response)

    def _check_status(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            wait_s = retry_after_s(response.headers, now_s=self._wall_clock())
            raise ProviderThrottled("The provider asks to slow down.", retry_after_s=wait_s)
        raise ProviderUnavailable(f"The provider answered with status {status}.", status=status)


async def _bounded_content(response: httpx.Response) -> bytes:
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > _MAX_RESPONSE_BYTES:
            raise ProviderUnavailable("The provider's response is too large.")
    return bytes(content)


def _read_completion(content: bytes) -> _ChatCompletion:
    try:
        return _ChatCompletion.model_validate_json(content)
    except ValidationError:
        # Not chained: pydantic's text quotes the response.
        raise AnswerInvalid("The provider's response is no chat completion.") from None


def _answer_text(answered: _ChatCompletion) -> str:
    if not answered.choices:
        raise AnswerInvalid("The answer was empty.")
    choice = answered.choices[0]
    if choice.finish_reason not in (None, "stop"):
        raise AnswerInvalid(f"The answer was cut off ({_known_reason(choice.finish_reason)}).")
    if choice.message.refusal:
        raise AnswerInvalid("The model refused to answer.")
    if not (choice.message.content or "").strip():
        raise AnswerInvalid("The answer was empty.")
    return choice.message.content or ""


def _known_reason(finish_reason: str) -> str:
    """Pass on the spelled reasons only: the message is read by people and sent to the model again."""
    return finish_reason if finish_reason in {"length", "content_filter", "tool_calls"} else "other"


def _usage(answered: _ChatCompletion, *, latency_ms: int) -> Usage:
    counted = answered.usage or _TokenUsage()
    return Usage(
        input_tokens=max(0, counted.prompt_tokens),
        output_tokens=max(0, counted.completion_tokens),
        latency_ms=latency_ms,
    )
