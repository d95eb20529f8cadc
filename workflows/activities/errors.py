"""Errors of activities as Temporal understands them."""

from datetime import timedelta

from temporalio.exceptions import ApplicationError

from traceflow.models.errors import TraceFlowError


def to_application_error(error: TraceFlowError) -> ApplicationError:
    """Name the error by its code, and say whether trying again can help and when."""
    return ApplicationError(
        error.message,
        type=error.code,
        non_retryable=not error.retryable,
        next_retry_delay=_retry_delay(error),
    )


def _retry_delay(error: TraceFlowError) -> timedelta | None:
    wait_s = error.context.get("retry_after_s")
    return timedelta(seconds=wait_s) if isinstance(wait_s, int | float) else None
