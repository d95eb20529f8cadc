"""What the API is given: ports only, so that it runs on their memory twins too."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from traceflow.models.ports import (
    Feed,
    InsightReader,
    LedgerReader,
    RecordingReader,
    SessionReader,
    StreamGauge,
    WorkflowStarter,
)
from traceflow.serve.access import Authenticator

Probe = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDependencies:
    """The world as the API sees it.

    ``probes`` are what ``/readyz`` asks, by component; each returns, or raises an error of ours.
    """

    authenticator: Authenticator
    sessions: SessionReader
    insights: InsightReader
    recordings: RecordingReader
    ledger: LedgerReader
    gauge: StreamGauge
    workflows: WorkflowStarter
    feed: Feed
    probes: Mapping[str, Probe] = field(default_factory=dict)
