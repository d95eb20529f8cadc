"""Hop 5. Whose fault a failure is, and how it is told without a word of what was recorded."""

import traceback
from pathlib import Path

from traceflow.models.errors import Misconfigured, TraceFlowError, Unavailable

# A dependency or the operator: the same segment may succeed later, however often it has failed.
NOBODYS_FAULT = (Unavailable, Misconfigured)


def described(error: Exception) -> str:
    """Say what was raised where; never an unknown error's own text, which may quote an event."""
    name = type(error).__name__
    if isinstance(error, TraceFlowError):
        name = f"{name}: {error.message}"
    frames = traceback.extract_tb(error.__traceback__)
    return f"{name} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else name
