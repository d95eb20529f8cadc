"""Hop 3. The first redaction pass, in Python: personal data leaves before anything is buffered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import EnvelopeInvalid
from traceflow.models.json_span import object_members
from traceflow.models.redaction.document import DocumentRedactor, WholeKind
from traceflow.models.redaction.inputs import Span
from traceflow.models.redaction.splice import Edit, apply, merge_spans, outside

# Members of the visitor whose strings are replaced whole, whatever they look like.
_WHOLE_MEMBERS: dict[str, WholeKind] = {"identified_id": "ID", "traits": "TRAIT"}


class PythonRedactor:
    """Redacts in one pass over the JSON text; what is not replaced stays byte for byte."""

    def redact(self, envelope: Envelope, *, token_key: bytes) -> Envelope:
        """Return the envelope with events, visitor and SDK name redacted; raises EnvelopeInvalid."""
        document = DocumentRedactor(token_key)
        masked: Counter[str] = Counter()
        events = _redact_events(document, envelope.events, masked)
        visitor = _redact_visitor(document, envelope.visitor, masked)
        sdk = document.texts.redact_plain(envelope.sdk, depth=0)
        if sdk is not None:
            masked.update(sdk.kinds)
        return replace(
            envelope,
            events=events,
            visitor=visitor,
            sdk=envelope.sdk if sdk is None else sdk.text,
            masked=dict(sorted(masked.items())),
        )


def _redact_events(document: DocumentRedactor, events: bytes, masked: Counter[str]) -> bytes:
    try:
        text = events.decode()
        edits = document.document_edits(text, 0)
    except ValueError as error:  # UnicodeDecodeError is one
        raise EnvelopeInvalid("events are not valid JSON in UTF-8", path="events") from error
    return _spliced(events, text, edits, masked)


def _redact_visitor(document: DocumentRedactor, visitor: bytes, masked: Counter[str]) -> bytes:
    try:
        text = visitor.decode()
        edits = document.document_edits(text, 0)
        members = object_members(visitor) if text.lstrip().startswith("{") else ()
    except ValueError as error:
        raise EnvelopeInvalid("visitor is not valid JSON in UTF-8", path="visitor") from error
    for member in members:
        kind = _WHOLE_MEMBERS.get(member.key)
        if kind is not None:
            # Offsets of bytes become offsets of characters.
            span = len(visitor[: member.value_start].decode()), len(visitor[: member.value_end].decode())
            edits = _override(edits, document.whole_edits(text, span, kind))
    return _spliced(visitor, text, edits, masked)


def _override(edits: Sequence[Edit], stronger: list[Edit]) -> list[Edit]:
    spans: list[Span] = merge_spans((edit.start, edit.end) for edit in stronger)
    return sorted([*outside(edits, spans), *stronger])


def _spliced(document: bytes, text: str, edits: Sequence[Edit], masked: Counter[str]) -> bytes:
    if not edits:
        return document
    for edit in edits:
        masked.update(edit.kinds)
    return apply(text, edits).encode()
