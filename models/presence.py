"""Which component runs where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A running process of a component; the time is that of the clock that all processes share."""

    component: str
    pid: int
    host: str
    version: str
    seen_at_s: float
