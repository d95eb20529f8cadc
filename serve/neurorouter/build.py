"""Hop 9. Builds NeuroRouter from its settings, inside the process that will use it."""

from traceflow.models.llm.completion import Task
from traceflow.models.ports import Provider
from traceflow.serve.neurorouter.providers.openai_compatible import Endpoint, OpenAiCompatibleProvider
from traceflow.serve.neurorouter.providers.rules import RulesProvider
from traceflow.serve.neurorouter.router import NeuroRouter
from traceflow.serve.neurorouter.settings import LlmSettings


def build_router(settings: LlmSettings) -> NeuroRouter:
    """Route every task to the configured endpoint, if there is one, then to the rules."""
    route: list[Provider] = [RulesProvider()]
    endpoint = _endpoint(settings)
    if endpoint is not None:
        route.insert(0, OpenAiCompatibleProvider(endpoint))
    return NeuroRouter(routes={Task.SESSION_SUMMARY: route}, deadline_s=settings.timeout_s)


def _endpoint(settings: LlmSettings) -> Endpoint | None:
    if settings.url is None or settings.model is None:
        return None
    return Endpoint(url=settings.url, model=settings.model, key=settings.key, timeout_s=settings.timeout_s)
