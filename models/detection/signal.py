"""One detected sign of struggle, with the events it rests on."""

from dataclasses import dataclass
from enum import StrEnum

from traceflow.models.evidence import Evidence


class SignalKind(StrEnum):
    """The kinds of signal that detectors give."""

    RAGE_CLICK = "rage_click"
    DEAD_CLICK = "dead_click"
    SLOW_CLICK = "slow_click"
    ERROR_CLICK = "error_click"
    THRASHED_CURSOR = "thrashed_cursor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A sign of struggle.

    ``at_ms`` is the time of the event that completes it, the last of ``evidence``; ``reason`` is one
    sentence in the detector's own numbers, without any recorded text.
    """

    kind: SignalKind
    at_ms: int
    reason: str
    evidence: tuple[Evidence, ...]
