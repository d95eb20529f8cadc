"""What is known of a session without any model: the facts that analysis starts from."""

from collections.abc import Mapping
from dataclasses import dataclass

from traceflow.models.detection.signal import Signal
from traceflow.models.evidence import Evidence
from traceflow.models.session.key import SessionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class NotableEvent:
    """An event that becomes a row: a page view, an error, a custom event.

    ``kind`` is ``page_view``, ``error``, ``identify``, ``track``, ``navigation`` or another custom tag;
    ``name`` is the page's address, the error's message or the tag's own name, tokenized like all text.
    """

    kind: str
    name: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSeen(NotableEvent):
    """An error on its way to its row, with what it is grouped by; read back, it is a plain event."""

    error_name: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """A session as the analysis sees it; all text in it is tokenized."""

    session: SessionKey
    revision: int
    started_at_ms: int
    ended_at_ms: int
    events: int
    errors: int
    pages: tuple[str, ...]
    frustration_score: float
    masked: Mapping[str, int]
    signals: tuple[Signal, ...]
    notable_events: tuple[NotableEvent, ...]
