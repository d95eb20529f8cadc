"""The route of the installation's state: what runs, how far the stream is behind, what is kept and masked."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from fastapi import APIRouter
from starlette.responses import Response

from traceflow.models.ports import PresenceReader, StreamGauge
from traceflow.models.presence import Presence
from traceflow.models.redaction.token import Kind
from traceflow.serve.api.dependencies import Probe
from traceflow.serve.api.health import does_answer, value_or_none
from traceflow.serve.api.responses import JsonDocument

# As `traceflow status` names them; what runs under another name is shown too.
_OURS = ("ingest", "session_processor", "workflow_worker", "neurorouter", "api")
_DAYS = re.compile(r"([1-9][0-9]{0,4})d")

State = Literal["running", "silent", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentState:
    """A component: ``silent`` where it does not answer, ``unknown`` where nobody could be asked."""

    name: str
    state: State
    version: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The class that recordings are stored under, and its days where its name says so."""

    days: int | None
    name: str

    def document(self) -> Mapping[str, str | int | None]:
        """Return it as the API spells it: ``class`` is no name that Python lets a field have."""
        return {"class": self.name, "days": self.days}


class SystemRoutes:
    """What this process can know of the installation."""

    def __init__(
        self,
        *,
        presence: PresenceReader,
        services: Mapping[str, Probe],
        gauge: StreamGauge,
        version: str,
        retention: str,
    ) -> None:
        self._presence = presence
        self._services = services
        self._gauge = gauge
        self._version = version
        self._retention = retention_of(retention)

    def router(self) -> APIRouter:
        """Return the one route."""
        router = APIRouter(tags=["system"])
        router.add_api_route("/system", self.system)
        return router

    async def system(self) -> Response:
        """Tell what runs, what waits, what is kept and what is masked."""
        names = list(self._services)
        is_up, present, lag = await asyncio.gather(
            asyncio.gather(*(does_answer(self._services[name]) for name in names)),
            value_or_none(self._presence.present()),
            value_or_none(self._gauge.lag()),
        )
        components = [
            *(_service(name, is_up=is_up) for name, is_up in zip(names, is_up, strict=True)),
            *_ours(present),
        ]
        return JsonDocument(
            {
                "components": components,
                "stream_lag": lag,
                "version": self._version,
                "retention": self._retention.document(),
                "redaction": {"types": sorted(get_args(Kind))},
            }
        )


def retention_of(name: str) -> Retention:
    """Read a retention class: ``30d`` is 30 days, any other name says nothing of time."""
    days = _DAYS.fullmatch(name)
    return Retention(name=name, days=None if days is None else int(days.group(1)))


def _service(name: str, *, is_up: bool) -> ComponentState:
    return ComponentState(
        name=name,
        state="running" if is_up else "silent",
        version=None,
        detail="answers" if is_up else "does not answer",
    )


def _ours(present: Iterable[Presence] | None) -> Iterator[ComponentState]:
    if present is None:
        for name in _OURS:
            yield ComponentState(name=name, state="unknown", version=None, detail="Redis does not answer")
        return
    seen = list(present)
    processes = Counter(each.component for each in seen)
    for name in dict.fromkeys((*_OURS, *processes)):
        versions = sorted({each.version for each in seen if each.component == name})
        count = processes[name]
        yield ComponentState(
            name=name,
            state="running" if count else "silent",
            version=", ".join(versions) or None,
            detail=f"{count} process{'' if count == 1 else 'es'}",
        )
