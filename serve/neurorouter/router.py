"""Hop 9. NeuroRouter: asks the providers of a task's route in order until one gives a valid answer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import structlog

from traceflow.models.errors import (
    AllProvidersFailed,
    AnswerInvalid,
    NotFound,
    ProviderThrottled,
    ProviderTimedOut,
    ProviderUnavailable,
)
from traceflow.models.llm.completion import (
    RULES_PROVIDER,
    Completion,
    CompletionRequest,
    FailedAttempt,
    Task,
    Usage,
)
from traceflow.models.llm.usage_record import COMPLETED
from traceflow.models.ports import Provider

log = structlog.get_logger(__name__)

_NO_USAGE = Usage(input_tokens=0, output_tokens=0, latency_ms=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCounts:
    """What became of a provider's attempts since the start; ``outcomes`` by ``completed`` or error code."""

    outcomes: Mapping[str, int]
    input_tokens: int
    output_tokens: int


@dataclass(slots=True)
class _Tally:
    outcomes: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, outcome: str, usage: Usage) -> None:
        self.outcomes[outcome] += 1
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens


class NeuroRouter:
    """Completes tasks; the last provider of a route, the rules, is never out of time.

    A model is asked at most twice in an analysis: an invalid answer is asked for once more here, unless
    the request is a second ask already. ``deadline_s`` bounds all models of a route together.
    """

    def __init__(
        self,
        *,
        routes: Mapping[Task, Sequence[Provider]],
        deadline_s: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._routes = routes
        self._deadline_s = deadline_s
        self._clock = clock
        self._tallies: dict[str, _Tally] = {}
        self._away_until: dict[str, float] = {}

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return the first valid answer, with the attempts that failed before it."""
        deadline = self._clock() + self._deadline_s
        failed = list[FailedAttempt]()
        for provider in self._route(request):
            completion = await self._ask(provider, request, deadline=deadline, failed=failed)
            if completion is not None:
                return replace(completion, failed=tuple(failed))
        attempts = [f"{attempt.provider}: {attempt.code}" for attempt in failed]
        raise AllProvidersFailed("No provider of the route gave a valid answer.", attempts=attempts)

    def counts(self) -> Mapping[str, ProviderCounts]:
        """Return each asked provider's counts since the start."""
        return {
            name: ProviderCounts(
                outcomes=dict(tally.outcomes),
                input_tokens=tally.input_tokens,
                output_tokens=tally.output_tokens,
            )
            for name, tally in self._tallies.items()
        }

    def _route(self, request: CompletionRequest) -> Sequence[Provider]:
        route = self._routes.get(request.task, ())
        chosen = [one for one in route if request.provider in ("", one.name)]
        if not chosen:
            raise NotFound("No provider is routed for this task.", task=request.task.value)
        return chosen

    async def _ask(
        self,
        provider: Provider,
        request: CompletionRequest,
        *,
        deadline: float,
        failed: list[FailedAttempt],
    ) -> Completion | None:
        """Ask, and once more where the answer was invalid; None where the next one's turn has come."""
        try:
            return await self._attempt(provider, request, deadline=deadline, failed=failed)
        except ProviderUnavailable:
            return None
        except AnswerInvalid as error:
            if request.objections:
                return None
            again = replace(request, objections=(error.message,))
        try:
            return await self._attempt(provider, again, deadline=deadline, failed=failed)
        except (ProviderUnavailable, AnswerInvalid):
            return None

    async def _attempt(
        self,
        provider: Provider,
        request: CompletionRequest,
        *,
        deadline: float,
        failed: list[FailedAttempt],
    ) -> Completion:
        started = self._clock()
        try:
            completion = await self._within(provider, request, deadline=deadline)
        except (ProviderUnavailable, AnswerInvalid) as error:
            usage = _usage_of(error, latency_ms=round((self._clock() - started) * 1000))
            failed.append(
                FailedAttempt(provider=provider.name, model=provider.model, code=error.code, usage=usage)
            )
            self._tally(provider.name).add(error.code, usage)
            self._keep_away(provider.name, error)
            log.warning("completion_failed", provider=provider.name, code=error.code, task=request.task.value)
            raise
        self._tally(provider.name).add(COMPLETED, completion.usage)
        return completion

    async def _within(self, provider: Provider, request: CompletionRequest, *, deadline: float) -> Completion:
        if provider.name == RULES_PROVIDER:
            return await provider.complete(request)
        now = self._clock()
        if now < self._away_until.get(provider.name, now):
            raise ProviderThrottled("The provider asked to be left alone for a while.")
        try:
            async with asyncio.timeout(max(0.0, deadline - now)):
                return await provider.complete(request)
        except TimeoutError as error:
            raise ProviderTimedOut("The time for this completion is used up.") from error

    def _tally(self, name: str) -> _Tally:
        return self._tallies.setdefault(name, _Tally())

    def _keep_away(self, name: str, error: ProviderUnavailable | AnswerInvalid) -> None:
        wait_s = error.context.get("retry_after_s")
        if isinstance(wait_s, float):
            self._away_until[name] = self._clock() + wait_s


def _usage_of(error: ProviderUnavailable | AnswerInvalid, *, latency_ms: int) -> Usage:
    usage = error.context.get("usage")
    return usage if isinstance(usage, Usage) else replace(_NO_USAGE, latency_ms=latency_ms)
