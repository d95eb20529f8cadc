"""The ports: what the rooms ask of the world, each with a memory twin and a real adapter.

Every verb raises only errors of ``traceflow.models.errors``.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from traceflow.models.access.scope import Principal
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.llm.completion import Completion, CompletionRequest
from traceflow.models.outcome import Count
from traceflow.models.session.key import SessionKey


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An envelope as a shard hands it out. ``attempts`` counts failures of this very segment."""

    stream_id: str
    envelope: Envelope
    attempts: int = 0


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
    """A source of completions."""

    name: str

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

    def listen(self, *, tenant_id: str, project_id: str, after: str | None) -> AsyncIterator[tuple[str, Notice]]:
        """Yield (position, notice) from after the position on; None means from now on."""
        ...
