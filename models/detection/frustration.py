"""The frustration score: a documented sum of a session's signals."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from traceflow.models.detection.signal import Signal, SignalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FrustrationPart:
    """What the signals of one kind add: ``points`` = ``count`` times weight."""

    kind: SignalKind
    count: int
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frustration:
    """A session's score, 0-100, and the parts that it is the sum of (capped at 100)."""

    score: float
    parts: tuple[FrustrationPart, ...]


def frustration_score(signals: Iterable[Signal], *, weights: Mapping[SignalKind, float]) -> Frustration:
    """Weigh the signals; a kind without a weight counts, and weighs nothing."""
    counts = Counter(signal.kind for signal in signals)
    parts = tuple(
        FrustrationPart(kind=kind, count=counts[kind], points=counts[kind] * weights.get(kind, 0.0))
        for kind in SignalKind
        if counts[kind]
    )
    return Frustration(score=min(100.0, sum(part.points for part in parts)), parts=parts)
