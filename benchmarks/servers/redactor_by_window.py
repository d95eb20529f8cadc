"""A redactor that the request chooses: one deployment is measured with redaction on and off."""

from traceflow.models.envelope.envelope import Envelope
from traceflow.models.redaction.passthrough import PassthroughRedactor
from traceflow.models.redaction.redactor import PythonRedactor

RAW, REDACTED = "raw", "redacted"


class RedactorByWindow:
    """Hands on what comes from the window ``raw`` as it is, and redacts everything else."""

    def __init__(self) -> None:
        self._passthrough = PassthroughRedactor()
        self._python = PythonRedactor()

    def redact(self, envelope: Envelope, *, token_key: bytes) -> Envelope:
        """Return the envelope, redacted unless its window says otherwise."""
        redactor = self._passthrough if envelope.window_id == RAW else self._python
        return redactor.redact(envelope, token_key=token_key)
