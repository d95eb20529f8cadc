"""The ports: what the rooms ask of the world, each with a memory twin and a real adapter.

Every verb raises only errors of ``traceflow.models.errors``.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from traceflow.models.access.api_key import IssuedApiKey
from traceflow.models.access.key_record import ApiKeyRecord
from traceflow.models.access.saved_view import SavedView
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.access.web_session import SignedIn
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.insight.finding import Insight
from traceflow.models.insight.recorded_event import EventPlace, RecordedEvents
from traceflow.models.ledger import Ledger
from traceflow.models.llm.completion import Completion, CompletionRequest
from traceflow.models.llm.usage_record import UsageRecord
from traceflow.models.outcome import Count, Outcome
from traceflow.models.presence import Presence
from traceflow.models.recording.index import RecordingIndex
from traceflow.models.recording.placement import FrameAddress
from traceflow.models.session.facts import SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.models.session.listing import SessionFacets, SessionPage, SessionQuery
from traceflow.models.session.overview import HotspotQuery, Hotspots, Overview, Period
from traceflow.models.session.session import SessionRecord, StoredSignal


class Redactor(Protocol):
    """Hop 3. Replaces personal data by tokens before anything is buffered."""

    def redact(self, envelope: Envelope, *, token_key: bytes) -> Envelope:
        """Return the envelope with ``events`` and ``visitor`` tokenized and ``masked`` counted.

        ``token_key`` is the tenant's (32 bytes): the same value gives the same token within a tenant.
        Raises EnvelopeInvalid where the JSON is malformed: what cannot be read is never passed on.
        """
        ...


class KeyDirectory(Protocol):
    """Who an API key belongs to."""

    async def find_principal(self, *, key_id: str, secret_sha256: bytes) -> Principal:
        """Return the owner of a key that is known and not revoked; else raise Unauthenticated."""
        ...


class KeyRegister(Protocol):
    """A project's API keys, as whoever may administer it sees them."""

    async def project_keys(self, *, tenant_id: str, project_id: str) -> Sequence[ApiKeyRecord]:
        """List them, revoked ones too, in the order in which they were made."""
        ...

    async def create_key(
        self, *, tenant_id: str, project_id: str, scope: Scope, now: datetime
    ) -> IssuedApiKey:
        """Make a key; its text is returned only here."""
        ...

    async def revoke_project_key(
        self, key_id: str, *, tenant_id: str, project_id: str, now: datetime
    ) -> None:
        """Revoke one of them, again or for the first time; raises NotFound."""
        ...


class SignIns(Protocol):
    """Who signed in by browser; it is asked and told digests of secrets, and never sees one."""

    async def begin_session(self, *, token_sha256: bytes, session_sha256: bytes, now: datetime) -> SignedIn:
        """Spend a sign-in token on a web session of its user; raises SignInExpired, also the second time."""
        ...

    async def find_session(self, *, session_sha256: bytes, now: datetime) -> SignedIn:
        """Return who a web session belongs to, while it lasts; else raise Unauthenticated."""
        ...

    async def end_session(self, *, session_sha256: bytes, tenant_id: str) -> None:
        """End a web session; one that is not there is no error."""
        ...


class SavedViews(Protocol):
    """A project's saved views."""

    async def views(self, *, tenant_id: str, project_id: str) -> Sequence[SavedView]:
        """List them by name."""
        ...

    async def add_view(self, view: SavedView, *, tenant_id: str, project_id: str) -> None:
        """Keep a view; raises RequestInvalid where there are too many already."""
        ...

    async def remove_view(self, view_id: str, *, tenant_id: str, project_id: str) -> None:
        """Forget a view; raises NotFound."""
        ...


class TenantKeys(Protocol):
    """The keys of a tenant, each derived from its unwrapped key by a label (HKDF-SHA256)."""

    async def derived_key(self, tenant_id: str, *, label: str) -> bytes:
        """Return 32 bytes; the labels are ``token``, ``content_hash`` and ``archive``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of an appended envelope: on the stream, or known from before."""

    is_duplicate: bool


class SegmentStream(Protocol):
    """Hop 4. The durable buffer between ingest and the session processor."""

    async def append(self, envelope: Envelope) -> Appended:
        """Return once the envelope is fsynced; the same segment again is a duplicate.

        Raises SegmentConflict for the same segment number with another content hash, StreamUnavailable
        where nothing was confirmed (the caller may send again).
        """
        ...

    def count(self, count: Count) -> None:
        """Note an outcome that ends at ingest; it reaches the ledger with a later flush."""
        ...


class ObjectStore(Protocol):
    """Named bytes, written once, read by range."""

    async def put(self, object_key: str, content: bytes) -> None:
        """Store durably; an object that exists already with the same content is no error."""
        ...

    async def get_range(self, object_key: str, *, offset: int, length: int) -> bytes:
        """Return exactly these bytes; raises NotFound, or RecordCorrupt where the object is shorter."""
        ...

    async def delete(self, object_key: str) -> None:
        """Remove; a missing object is no error."""
        ...

    def list_keys(self, prefix: str) -> AsyncIterator[str]:
        """Yield the keys that start with the prefix, in order."""
        ...


class WorkflowStarter(Protocol):
    """Starts an analysis; the workflow does everything after."""

    async def start_session_analysis(self, session: SessionKey, *, revision: int) -> str:
        """Return the workflow's id; starting the same revision twice starts one."""
        ...


class Provider(Protocol):
    """A source of completions, with the one model that a route pairs it with."""

    name: str
    model: str

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return an answer; raises ProviderUnavailable, or AnswerInvalid where it is not the schema's."""
        ...


class Completer(Protocol):
    """Hop 9 as its callers see it: NeuroRouter behind a handle."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return the answer of the first provider of the task's route that gives a valid one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that just became readable: ``kind`` is ``session``, ``signal`` or ``insight``."""

    kind: str
    session: SessionKey
    fields: Mapping[str, str | int | float] = field(default_factory=dict)


class Feed(Protocol):
    """Tells listeners what just became readable; lossy by design, never waited for."""

    async def publish(self, notices: Sequence[Notice]) -> None:
        """Hand the notices on; a failure is swallowed and counted, since readers can always poll."""
        ...

    def listen(
        self, *, tenant_id: str, project_id: str, after: str | None
    ) -> AsyncIterator[tuple[str, Notice]]:
        """Yield (position, notice) from after the position on; None means from now on."""
        ...


class AnalysisStore(Protocol):
    """What an analysis reads and leaves behind."""

    async def session_facts(self, session: SessionKey, *, revision: int) -> SessionFacts:
        """Return what is known of the session now, labelled with the revision; raises NotFound."""
        ...

    async def store_insight(self, session: SessionKey, insight: Insight, *, revision: int) -> None:
        """Store once per ``insight_id``; storing it again replaces it."""
        ...

    async def record_usage(self, records: Sequence[UsageRecord]) -> None:
        """Record each ``usage_id`` once."""
        ...


class EventLookup(Protocol):
    """The recorded events that an analysis cites."""

    async def find_events(self, session: SessionKey, places: Sequence[EventPlace]) -> RecordedEvents:
        """Return the session's windows and what is recorded at these places; nothing there is left out.

        ``kinds`` holds the event's own kind only; raises NotFound for an unknown session.
        """
        ...


class SessionReader(Protocol):
    """Hop 11. What the API reads of sessions; every verb sees one project's sessions only."""

    async def list_sessions(self, *, tenant_id: str, project_id: str, query: SessionQuery) -> SessionPage:
        """Return the page of the list that the query asks for; raises RequestInvalid."""
        ...

    async def facets(self, *, tenant_id: str, project_id: str, query: SessionQuery) -> SessionFacets:
        """Return the values of the sessions that fit the query's filters; its page does not matter."""
        ...

    async def session(self, key: SessionKey) -> SessionRecord:
        """Return the session's row; raises NotFound."""
        ...

    async def signals(self, key: SessionKey) -> Sequence[StoredSignal]:
        """Return its signals by time; raises NotFound."""
        ...

    async def recording_index(self, key: SessionKey) -> RecordingIndex:
        """Return where its frames lie, in the order of the recording: one snapshot; raises NotFound."""
        ...


class OverviewReader(Protocol):
    """A project's sessions, added up."""

    async def overview(self, *, tenant_id: str, project_id: str, period: Period) -> Overview:
        """Return the figures of the sessions that started in the period."""
        ...

    async def hotspots(self, *, tenant_id: str, project_id: str, query: HotspotQuery) -> Hotspots:
        """Return where on a page they clicked in rage."""
        ...


class InsightReader(Protocol):
    """The insights of sessions, read."""

    async def insights(self, session: SessionKey) -> Sequence[Insight]:
        """Return a session's insights, the latest first; raises NotFound."""
        ...


class LedgerReader(Protocol):
    """The ledger, read."""

    async def ledger(self, *, tenant_id: str, project_id: str) -> Ledger:
        """Return a project's counts, one per outcome and reason, and how many were received."""
        ...

    async def totals(self) -> Mapping[Outcome, int]:
        """Return the segments of all projects together by outcome, for metrics."""
        ...


class StreamGauge(Protocol):
    """What the stream holds right now."""

    async def lag(self) -> int:
        """Return how many entries no processor has acknowledged yet."""
        ...

    async def in_flight(self, *, tenant_id: str, project_id: str) -> int:
        """Return how many of a project's segments have no outcome yet."""
        ...


class PresenceReader(Protocol):
    """What runs right now."""

    async def present(self) -> Sequence[Presence]:
        """Return every process that said so within the last seconds; raises StreamUnavailable."""
        ...


class RecordingReader(Protocol):
    """The archive, read."""

    def read(
        self, session: SessionKey, *, wrapped_key: bytes, entries: Iterable[FrameAddress]
    ) -> AsyncGenerator[bytes, None]:
        """Yield whole zstd frames in the order of the entries; see RecordingArchive."""
        ...
