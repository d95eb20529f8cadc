"""Hop 7. Whether a session is kept, with the probability that was used and why.

Until sampling has rules of its own, every session is kept; the probability is stored all the same, since
every aggregate weighs by it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingDecision:
    """``weight`` in an aggregate is 1 / ``probability``."""

    probability: float
    reason: str


def keep_everything() -> SamplingDecision:
    """Keep, with certainty."""
    return SamplingDecision(probability=1.0, reason="keep_everything")
