"""Hop 3. The first redaction pass, in Python: personal data leaves before anything is buffered."""

from collections import Counter
from dataclasses import replace

from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import EnvelopeInvalid
from traceflow.models.redaction.document import DocumentRedactor
from traceflow.models.redaction.splice import apply


class PythonRedactor:
    """Redacts in one pass over the JSON text; what is not replaced stays byte for byte."""

    def redact(self, envelope: Envelope, *, token_key: bytes) -> Envelope:
        """Return the envelope with events, visitor and SDK name redacted; raises EnvelopeInvalid."""
        document = DocumentRedactor(token_key)
        masked: Counter[str] = Counter()
        events = _redact(document, envelope.events, masked, path="events")
        visitor = _redact(document, envelope.visitor, masked, path="visitor")
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


def _redact(document: DocumentRedactor, content: bytes, masked: Counter[str], *, path: str) -> bytes:
    try:
        text = content.decode()
        edits = document.document_edits(text, 0)
    except ValueError as error:  # UnicodeDecodeError is one
        raise EnvelopeInvalid(f"{path} is not valid JSON in UTF-8", path=path) from error
    if not edits:
        return content
    for edit in edits:
        masked.update(edit.kinds)
    return apply(text, edits).encode()
