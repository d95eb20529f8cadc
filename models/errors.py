"""Every error that TraceFlow raises on purpose.

    TraceFlowError(message, **context)     code = "internal"     retryable = False
    ├── Rejected             the caller is at fault; never retried
    │   ├── EnvelopeInvalid   EnvelopeTooLarge   UnsupportedEncoding   SegmentConflict
    │   ├── RequestInvalid    RecordingInvalid
    │   ├── Unauthenticated → SignInExpired   Forbidden → CsrfRefused   NotFound
    │   └── QuotaExceeded     RateLimited                   (context: retry_after_s)
    ├── Unavailable          a dependency is at fault; retryable = True
    │   ├── StreamUnavailable   StoreUnavailable   ArchiveUnavailable   WorkflowsUnavailable
    │   ├── ShardLost           another process has taken the shard over
    │   └── ProviderUnavailable
    │       └── ProviderThrottled   ProviderTimedOut   BreakerOpen   AllProvidersFailed
    ├── AnswerInvalid        a model's answer does not fit its schema
    ├── RecordCorrupt        stored bytes do not decrypt or decode
    └── Misconfigured        the operator is at fault; stops the process at start

Subclasses add no constructor parameters: Ray rebuilds an exception from its ``args``, and a
keyword-only signature arrives as ``UnserializableException``.
"""

from typing import Any, ClassVar


class TraceFlowError(Exception):
    """Something went wrong that TraceFlow has a name for.

    Args:
        message: One sentence for a person; never a payload, never a secret.
        **context: Facts a program may read, such as ``path`` or ``retry_after_s``.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, self.context))


def _rebuild(kind: type[TraceFlowError], message: str, context: dict[str, Any]) -> TraceFlowError:
    return kind(message, **context)


class Rejected(TraceFlowError):
    """The caller is at fault."""

    code = "rejected"


class EnvelopeInvalid(Rejected):
    """The envelope does not fit its schema; ``path`` names the field."""

    code = "envelope_invalid"


class EnvelopeTooLarge(Rejected):
    """The envelope is over a limit of size or count."""

    code = "envelope_too_large"


class UnsupportedEncoding(Rejected):
    """The content type or content encoding is not one that is read here."""

    code = "unsupported_encoding"


class SegmentConflict(Rejected):
    """The same segment number was accepted before with other events."""

    code = "segment_conflict"


class RequestInvalid(Rejected):
    """A query or body of the API does not fit its schema; ``path`` names the field."""

    code = "request_invalid"


class RecordingInvalid(Rejected):
    """A recording file is not one; the message says what is wrong where."""

    code = "recording_invalid"


class Unauthenticated(Rejected):
    """No key was given, or one that is unknown or revoked."""

    code = "unauthenticated"


class Forbidden(Rejected):
    """The key's scope does not cover this."""

    code = "forbidden"


class SignInExpired(Unauthenticated):
    """The sign-in link was used before, is too old, or was never given out."""

    code = "sign_in_expired"


class CsrfRefused(Forbidden):
    """A browser's request would change something and does not prove that our own page sent it."""

    code = "csrf"


class NotFound(Rejected):
    """There is no such thing, or it belongs to somebody else."""

    code = "not_found"


class QuotaExceeded(Rejected):
    """The paid allowance is spent; ``retry_after_s`` says when it starts anew."""

    code = "quota_exceeded"


class RateLimited(Rejected):
    """Too much in too short a time; ``retry_after_s`` says when to come again."""

    code = "rate_limited"


class Unavailable(TraceFlowError):
    """A dependency is at fault; the same call may succeed later."""

    code = "unavailable"
    retryable = True


class StreamUnavailable(Unavailable):
    """Redis did not confirm."""

    code = "stream_unavailable"


class StoreUnavailable(Unavailable):
    """PostgreSQL did not confirm."""

    code = "store_unavailable"


class ArchiveUnavailable(Unavailable):
    """The object store did not confirm."""

    code = "archive_unavailable"


class WorkflowsUnavailable(Unavailable):
    """Temporal did not confirm."""

    code = "workflows_unavailable"


class ShardLost(Unavailable):
    """Another process has taken this shard over: reload its state before going on."""

    code = "shard_lost"


class ProviderUnavailable(Unavailable):
    """A provider of completions failed."""

    code = "provider_unavailable"


class ProviderThrottled(ProviderUnavailable):
    """A provider asks to slow down; ``retry_after_s`` where it said for how long."""

    code = "provider_throttled"


class ProviderTimedOut(ProviderUnavailable):
    """A provider did not answer within the deadline."""

    code = "provider_timed_out"


class BreakerOpen(ProviderUnavailable):
    """The provider's breaker lets no call through."""

    code = "breaker_open"


class AllProvidersFailed(ProviderUnavailable):
    """Every provider of the route failed; ``attempts`` says how."""

    code = "all_providers_failed"


class AnswerInvalid(TraceFlowError):
    """A model's answer does not fit its schema."""

    code = "answer_invalid"


class RecordCorrupt(TraceFlowError):
    """Stored bytes do not decrypt or decode."""

    code = "record_corrupt"


class Misconfigured(TraceFlowError):
    """The operator is at fault; the message names the fix."""

    code = "misconfigured"
