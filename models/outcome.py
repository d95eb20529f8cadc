"""How one segment ended, exactly once (GLOSSARY: outcome)."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The ways in which a segment ends."""

    ACCEPTED = "accepted"
    FILTERED = "filtered"
    SAMPLED_OUT = "sampled_out"
    RATE_LIMITED = "rate_limited"
    INVALID = "invalid"
    DEAD_LETTERED = "dead_lettered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many segments of one project ended in one way for one reason.

    ``reason`` is a snake_case word such as ``duplicate``, ``conflict``, ``too_large``; empty where the
    outcome says it all.
    """

    tenant_id: str
    project_id: str
    outcome: Outcome
    reason: str = ""
    segments: int = 1
