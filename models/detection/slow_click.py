"""Slow clicks: the page did react, but only after the visitor had time to doubt it."""

from traceflow.models.detection.reaction import ReactionRule, reaction_waits
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.detection.timeline import Timeline


def slow_clicks(timeline: Timeline, *, rule: ReactionRule) -> tuple[Signal, ...]:
    """Find clicks whose first reaction came late; the reaction completes the signal."""
    return tuple(
        Signal(
            kind=SignalKind.SLOW_CLICK,
            at_ms=wait.reaction.at_ms,
            reason=f"the first reaction came only after {wait.delay_ms} ms",
            evidence=(wait.click.moment.evidence, wait.reaction),
        )
        for wait in reaction_waits(timeline, rule=rule)
        if wait.ending == "slow" and wait.reaction is not None
    )
