"""A redactor that redacts nothing: given by test and bench wiring only, reached by no setting."""

from traceflow.models.envelope.envelope import Envelope


class PassthroughRedactor:
    """Hands the envelope on as it came."""

    def redact(self, envelope: Envelope, *, token_key: bytes) -> Envelope:  # noqa: ARG002 - the port's signature
        """Return the envelope itself."""
        return envelope
