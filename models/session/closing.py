"""When a session closes (ARCHITECTURE section 6, Closing)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from traceflow.models.session.window import Window

# PostHog's sessionid.ts and Clarity end a session after the same idle time; PostHog after the same age.
IDLE_MS = 30 * 60 * 1000
MAX_AGE_MS = 24 * 60 * 60 * 1000


class CloseReason(StrEnum):
    """Why a session closed."""

    FINAL = "final"
    IDLE = "idle"
    MAX_AGE = "max_age"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRules:
    """The two clocks, in milliseconds of the server's clock."""

    idle_ms: int = IDLE_MS
    max_age_ms: int = MAX_AGE_MS


def close_reason(
    windows: Iterable[Window],
    *,
    opened_at_ms: int,
    last_arrival_ms: int,
    now_ms: int,
    rules: ClosingRules,
) -> CloseReason | None:
    """Tell why an open session closes now, or None.

    ``opened_at_ms`` is the first arrival since the session was last opened: a segment that comes after a
    close opens it anew, and its age counts from there.
    """
    known = tuple(windows)
    if known and all(window.is_complete for window in known):
        return CloseReason.FINAL
    if now_ms - last_arrival_ms >= rules.idle_ms:
        return CloseReason.IDLE
    if now_ms - opened_at_ms >= rules.max_age_ms:
        return CloseReason.MAX_AGE
    return None


def is_worth_analysis(*, frustration_score: float, errors: int, threshold: float) -> bool:
    """Tell whether a session that closes is analysed: a score over the threshold, or an error seen."""
    return frustration_score > threshold or errors > 0
