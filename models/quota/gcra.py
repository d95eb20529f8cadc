"""Hop 2. How often a key may send: the generic cell rate algorithm, in whole microseconds."""

from dataclasses import dataclass

_US_PER_S = 1_000_000
# Keys whose time has passed are forgotten whenever so many, or twice those that were left, are known.
_SWEEP_AT_KEYS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """One segment per ``interval_us`` in the long run, ``burst`` of them at once."""

    interval_us: int
    burst: int

    def __post_init__(self) -> None:
        if self.interval_us < 1 or self.burst < 1:
            raise ValueError("a rate limit needs an interval and a burst of at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a segment may pass; ``retry_after_s`` is 0 where it may.

    ``tat_us`` is the theoretical arrival time to go on with: when the next one would be due at the
    limit's own pace.
    """

    is_admitted: bool
    retry_after_s: float
    tat_us: int


def rate_limit(*, segments_per_s: float, burst: int) -> RateLimit:
    """Return the limit of so many segments a second."""
    return RateLimit(interval_us=max(1, round(_US_PER_S / segments_per_s)), burst=burst)


def decide(limit: RateLimit, *, tat_us: int, now_us: int) -> Decision:
    """Admit one segment, or say how long to wait; a refusal costs nothing."""
    due_us = max(tat_us, now_us)
    # A clock that went back must not lock a key out for longer than a full burst takes.
    due_us = min(due_us, now_us + limit.burst * limit.interval_us)
    wait_us = due_us - now_us - (limit.burst - 1) * limit.interval_us
    if wait_us > 0:
        return Decision(is_admitted=False, retry_after_s=wait_us / _US_PER_S, tat_us=due_us)
    return Decision(is_admitted=True, retry_after_s=0.0, tat_us=due_us + limit.interval_us)


class RateLimiter:
    """One limit for each of many keys; without a limit everything passes."""

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._tat_us: dict[str, int] = {}
        self._sweep_at = _SWEEP_AT_KEYS

    def retry_after_s(self, key_id: str, *, now_us: int) -> float:
        """Count one segment of the key; return 0, or how many seconds too early it came."""
        if self._limit is None:
            return 0.0
        decision = decide(self._limit, tat_us=self._tat_us.get(key_id, 0), now_us=now_us)
        self._tat_us[key_id] = decision.tat_us
        if len(self._tat_us) > self._sweep_at:
            self._tat_us = {known: tat_us for known, tat_us in self._tat_us.items() if tat_us > now_us}
            self._sweep_at = max(_SWEEP_AT_KEYS, 2 * len(self._tat_us))
        return decision.retry_after_s
