"""The ledger of a project: what came in, and how each segment of it ended."""

from dataclasses import dataclass

from traceflow.models.outcome import Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Received segments and their outcomes; what neither names is in flight, or not yet folded in."""

    received: int
    counts: tuple[Count, ...]
