"""Thrashed cursor: the cursor was shaken to and fro."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from traceflow.models.detection.moment import CursorMoved, CursorPoint
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.detection.timeline import Timeline
from traceflow.models.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrashRule:
    """So many turns on one axis in less than ``window_ms``, each after a stretch of ``stretch_px``."""

    turns: int
    window_ms: float
    stretch_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    at_ms: float
    evidence: Evidence


def thrashed_cursors(timeline: Timeline, *, rule: ThrashRule) -> tuple[Signal, ...]:
    """Find shakes on either axis; a shake that goes on is told once."""
    points = [
        (point, moment.evidence)
        for moment in timeline.moments
        if isinstance(moment, CursorMoved)
        for point in moment.points
    ]
    found = [*_shakes(points, rule=rule, axis=_x), *_shakes(points, rule=rule, axis=_y)]
    # A diagonal shake turns on both axes at once.
    return tuple({signal.evidence: signal for signal in found}.values())


def _shakes(
    points: list[tuple[CursorPoint, Evidence]], *, rule: ThrashRule, axis: Callable[[CursorPoint], float]
) -> Iterator[Signal]:
    recent: list[_Turn] = []
    is_told = False
    for turn in _turns(points, stretch_px=rule.stretch_px, axis=axis):
        recent = [earlier for earlier in recent if 0 <= turn.at_ms - earlier.at_ms < rule.window_ms]
        is_told = is_told and bool(recent)
        recent = [*recent, turn][-rule.turns :]
        if len(recent) == rule.turns and not is_told:
            is_told = True
            yield _signal(recent, rule=rule)


def _turns(
    points: list[tuple[CursorPoint, Evidence]], *, stretch_px: float, axis: Callable[[CursorPoint], float]
) -> Iterator[_Turn]:
    """Yield the moments at which the cursor is ``stretch_px`` back from where it turned."""
    if not points:
        return
    direction = 0
    extreme = axis(points[0][0])
    for point, evidence in points:
        place = axis(point)
        moved = place - extreme
        if direction * moved > 0:
            extreme = place
        elif abs(moved) >= stretch_px:
            if direction:
                yield _Turn(at_ms=point.at_ms, evidence=evidence)
            direction = 1 if moved > 0 else -1
            extreme = place


def _signal(turns: list[_Turn], *, rule: ThrashRule) -> Signal:
    evidence = tuple(dict.fromkeys(turn.evidence for turn in turns))
    return Signal(
        kind=SignalKind.THRASHED_CURSOR,
        at_ms=evidence[-1].at_ms,
        reason=f"{rule.turns} turns on one axis in less than {rule.window_ms:g} ms",
        evidence=evidence,
    )


def _x(point: CursorPoint) -> float:
    return point.x


def _y(point: CursorPoint) -> float:
    return point.y
