"""Rage clicks: the same spot clicked again and again, sooner than anyone waits for an answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from traceflow.models.detection.element import has_class, is_label, is_made_for_repetition, is_text_field
from traceflow.models.detection.reaction import ReactionRule, reaction_waits
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.detection.timeline import Click, Timeline, Trace

_IGNORED_CLASSES = frozenset({"ph-no-rageclick", "ph-no-capture"})
_ANSWERS = (Trace.TREE, Trace.EFFECT, Trace.INPUT, Trace.SCROLL, Trace.SELECTION, Trace.NEW_PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreakRule:
    """A streak goes on while each click is near the one before, in space and in time."""

    threshold_px: float
    timeout_ms: float
    click_count: int


def rage_clicks(timeline: Timeline, *, rule: StreakRule) -> tuple[Signal, ...]:
    """Find streaks as PostHog does: once per streak, at the click that makes it long enough."""
    return _streaks(timeline.clicks, rule=rule, is_rage=lambda _streak: True)


def unanswered_rage_clicks(timeline: Timeline, *, rule: StreakRule) -> tuple[Signal, ...]:
    """Find streaks of which not every click was answered before the next, or was answered by an error.

    A stepper that counts, a toggle that toggles, a triple click that selects a line: there the page does
    what it is told. Clicks on a label are left out, since each comes again as one on its field.
    """
    clicks = [click for click in timeline.clicks if not is_label(click.path)]
    return _streaks(clicks, rule=rule, is_rage=lambda streak: not _is_each_answered(timeline, streak))


def repeated_dead_clicks(timeline: Timeline, *, rule: ReactionRule, click_count: int) -> tuple[Signal, ...]:
    """Find rage clicks as Sentry does: a dead click whose element was clicked so often meanwhile."""
    return tuple(
        Signal(
            kind=SignalKind.RAGE_CLICK,
            at_ms=wait.clicks[-1].at_ms,
            reason=f"{len(wait.clicks)} clicks on one element, and no reaction within {rule.dead_ms:g} ms",
            evidence=wait.clicks,
        )
        for wait in reaction_waits(timeline, rule=rule)
        if wait.ending == "dead" and len(wait.clicks) >= click_count
    )


def _streaks(
    clicks: Sequence[Click], *, rule: StreakRule, is_rage: Callable[[list[Click]], bool]
) -> tuple[Signal, ...]:
    signals: list[Signal] = []
    streak: list[Click] = []
    is_told = False
    for click in clicks:
        if _is_ignored(click):
            continue
        if not streak or not _continues(streak[-1], click, rule=rule):
            streak, is_told = [], False
        streak.append(click)
        latest = streak[-rule.click_count :]
        if not is_told and len(latest) == rule.click_count and is_rage(latest):
            is_told = True
            signals.append(_signal(latest, rule=rule))
    return tuple(signals)


def _signal(streak: list[Click], *, rule: StreakRule) -> Signal:
    return Signal(
        kind=SignalKind.RAGE_CLICK,
        at_ms=streak[-1].at_ms,
        reason=(
            f"{rule.click_count} clicks, each less than {rule.timeout_ms:g} ms "
            f"and {rule.threshold_px:g} px from the one before"
        ),
        evidence=tuple(click.moment.evidence for click in streak),
    )


def _is_ignored(click: Click) -> bool:
    path = click.path
    return is_text_field(path) or is_made_for_repetition(path) or has_class(path, _IGNORED_CLASSES)


def _continues(before: Click, click: Click, *, rule: StreakRule) -> bool:
    return click.at_ms - before.at_ms < rule.timeout_ms and _distance_px(before, click) < rule.threshold_px


def _distance_px(before: Click, click: Click) -> float:
    """Return the Manhattan distance; without coordinates, the same target is no distance at all."""
    one, other = before.moment, click.moment
    if one.x is None or one.y is None or other.x is None or other.y is None:
        return 0.0 if before.target == click.target else float("inf")
    return abs(other.x - one.x) + abs(other.y - one.y)


def _is_each_answered(timeline: Timeline, streak: list[Click]) -> bool:
    return all(_is_answered(timeline, click, following) for click, following in pairwise(streak))


def _is_answered(timeline: Timeline, click: Click, following: Click) -> bool:
    error = timeline.first_after(click, (Trace.ERROR,))
    if error is not None and error.position < following.position:
        return False
    answer = timeline.first_after(click, _ANSWERS)
    return answer is not None and answer.position < following.position
