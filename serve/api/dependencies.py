"""What the API is given: ports only, so that it runs on their memory twins too."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from traceflow.models.ports import (
    Feed,
    InsightReader,
    KeyRegister,
    LedgerReader,
    OverviewReader,
    PresenceReader,
    RecordingReader,
    SavedViews,
    SessionReader,
    StreamGauge,
    WorkflowStarter,
)
from traceflow.serve.access import Authenticator, WebSessions
from traceflow.serve.web_files.reader import WebFiles

Probe = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDependencies:
    """The world as the API sees it.

    ``probes`` are what ``/readyz`` asks, by component; each returns, or raises an error of ours. ``services``
    are what the system's page asks beside what announces itself. ``retention`` is the class that recordings
    are stored under.
    """

    authenticator: Authenticator
    web_sessions: WebSessions
    keys: KeyRegister
    views: SavedViews
    presence: PresenceReader
    dashboard: WebFiles
    replay_sources: str = "*"
    now: Callable[[], datetime]
    retention: str
    sessions: SessionReader
    overview: OverviewReader
    insights: InsightReader
    recordings: RecordingReader
    ledger: LedgerReader
    gauge: StreamGauge
    workflows: WorkflowStarter
    feed: Feed
    probes: Mapping[str, Probe] = field(default_factory=dict)
    services: Mapping[str, Probe] = field(default_factory=dict)
