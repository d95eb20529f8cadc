"""The request around a segment, as it travels from hop 1 to hop 5."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from traceflow.models.session.key import SessionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One segment of one window with who sent it and when.

    ``events`` is the JSON array as it stood in the request (UTF-8, its own spacing and escapes kept);
    hop 3 replaces it by the redacted one. ``visitor`` is a JSON object or ``b"null"``, redacted alike.
    ``content_hash`` (16 bytes) is taken over the received events, so that a retry can be told from a
    conflict. ``masked`` counts what hop 3 replaced, by type.
    """

    session: SessionKey
    window_id: str
    segment_id: int
    sent_at_ms: int
    received_at_ms: int
    is_final: bool
    sdk: str
    visitor: bytes
    events: bytes
    event_count: int
    content_hash: bytes
    masked: Mapping[str, int] = field(default_factory=dict)
