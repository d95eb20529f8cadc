"""The routes that need no key: alive, ready, and the metrics."""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from http import HTTPStatus
from typing import TypeVar

from fastapi import APIRouter
from starlette.responses import Response

from traceflow.models.errors import TraceFlowError
from traceflow.models.outcome import Outcome
from traceflow.models.ports import LedgerReader, StreamGauge
from traceflow.serve.api.dependencies import Probe
from traceflow.serve.api.responses import JsonDocument, problem_response
from traceflow.serve.problem import problem

Value = TypeVar("Value")

PROBE_TIMEOUT_S = 2.0
# The version of Prometheus' text format.
_METRICS_TYPE = "text/plain; version=0.0.4"


class HealthRoutes:
    """What load balancers, supervisors and Prometheus ask."""

    def __init__(self, *, probes: Mapping[str, Probe], ledger: LedgerReader, gauge: StreamGauge) -> None:
        self._probes = probes
        self._ledger = ledger
        self._gauge = gauge

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["health"])
        router.add_api_route("/healthz", self.alive)
        router.add_api_route("/readyz", self.ready)
        router.add_api_route("/metrics", self.metrics)
        return router

    async def alive(self) -> Response:
        """Answer while the process runs."""
        return JsonDocument({"status": "ok"})

    async def ready(self) -> Response:
        """Answer 200 where everything that requests need does its work, else 503 with what does not."""
        names = list(self._probes)
        answers = await asyncio.gather(*(does_answer(self._probes[name]) for name in names))
        silent = [name for name, is_up in zip(names, answers, strict=True) if not is_up]
        if not silent:
            return JsonDocument({"status": "ready", "components": names})
        return problem_response(
            problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                code="not_ready",
                detail=f"Not ready: {', '.join(silent)}.",
                headers=((b"retry-after", b"1"),),
            )
        )

    async def metrics(self) -> Response:
        """Give the counts in Prometheus' text format; a source that is down is missing, and named."""
        counts, lag = await asyncio.gather(
            value_or_none(self._ledger.totals()), value_or_none(self._gauge.lag())
        )
        lines = [*_up_lines(store=counts is not None, stream=lag is not None)]
        if counts is not None:
            lines += _outcome_lines(counts)
        if lag is not None:
            lines += _gauge_lines("traceflow_stream_lag_segments", "Segments not processed yet.", lag)
        return Response("".join(f"{line}\n" for line in lines), media_type=_METRICS_TYPE)


async def does_answer(probe: Probe) -> bool:
    """Tell whether the component answers in time."""
    try:
        await asyncio.wait_for(probe(), PROBE_TIMEOUT_S)
    except (TraceFlowError, TimeoutError):
        return False
    return True


async def value_or_none(asked: Awaitable[Value]) -> Value | None:
    """Return what was asked for; None where it does not come in time."""
    try:
        return await asyncio.wait_for(asked, PROBE_TIMEOUT_S)
    except (TraceFlowError, TimeoutError):
        return None


def _up_lines(**sources: bool) -> Iterator[str]:
    yield "# HELP traceflow_source_up Whether a source of these metrics answered."
    yield "# TYPE traceflow_source_up gauge"
    for name, is_up in sources.items():
        yield f'traceflow_source_up{{source="{name}"}} {int(is_up)}'


def _outcome_lines(counts: Mapping[Outcome, int]) -> Iterator[str]:
    yield "# HELP traceflow_segments_total Segments by how they ended."
    yield "# TYPE traceflow_segments_total counter"
    for outcome in Outcome:
        yield f'traceflow_segments_total{{outcome="{outcome}"}} {counts.get(outcome, 0)}'


def _gauge_lines(name: str, explanation: str, value: int) -> Iterator[str]:
    yield f"# HELP {name} {explanation}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"
