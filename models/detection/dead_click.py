"""Dead clicks: nothing came of them in the time in which something should have."""

from dataclasses import dataclass

from traceflow.models.detection.element import has_ancestor, has_class
from traceflow.models.detection.reaction import MERGE_MS, ReactionRule, reaction_waits
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.detection.timeline import Click, Effect, Timeline, Trace
from traceflow.models.evidence import Evidence

_IGNORED_CLASSES = frozenset({"ph-no-deadclick", "ph-no-capture"})
# A click that wakes a window up is not meant for what is under it (PostHog).
_WAKING_MS = 1000


def dead_clicks(timeline: Timeline, *, rule: ReactionRule) -> tuple[Signal, ...]:
    """Find clicks that were never answered; the click itself is all the evidence there is."""
    return tuple(
        _signal((wait.click.moment.evidence,), reason=f"no reaction within {wait.delay_ms} ms")
        for wait in reaction_waits(timeline, rule=rule)
        if wait.ending == "dead"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRule:
    """How soon each effect has to come to count as the click's, and when to stop waiting (PostHog)."""

    mutation_threshold_ms: float
    scroll_threshold_ms: float
    selection_change_threshold_ms: float
    absolute_timeout_ms: float

    @property
    def limits_ms(self) -> tuple[tuple[Trace, float], ...]:
        """Each trace that counts, with the delay from which on it is too late.

        With another page the one that was waited on is gone, and the wait with it.
        """
        return (
            (Trace.TREE, self.mutation_threshold_ms),
            (Trace.SCROLL, self.scroll_threshold_ms),
            (Trace.SELECTION, self.selection_change_threshold_ms),
            (Trace.NEW_PAGE, self.absolute_timeout_ms),
        )

    @property
    def settled_ms(self) -> float:
        """From when on no effect can save the click any more."""
        longest = max(
            self.mutation_threshold_ms, self.scroll_threshold_ms, self.selection_change_threshold_ms
        )
        return min(longest, self.absolute_timeout_ms)


def dead_clicks_by_effect(timeline: Timeline, *, rule: EffectRule) -> tuple[Signal, ...]:
    """Find dead clicks as PostHog does: every effect came too late, or none came at all.

    With a late effect, that is the event which completes the signal; else the click is.
    """
    signals: list[Signal] = []
    for click in _candidates(timeline):
        if timeline.is_near(click, Trace.WINDOW, within_ms=_WAKING_MS):
            continue
        signal = _verdict(timeline, click, rule=rule)
        if signal is not None:
            signals.append(signal)
    return tuple(signals)


def _candidates(timeline: Timeline) -> list[Click]:
    latest: dict[object, int] = {}
    candidates: list[Click] = []
    for click in timeline.clicks:
        if _is_ignored(click):
            continue
        if click.target in latest and abs(click.at_ms - latest[click.target]) < MERGE_MS:
            continue
        latest[click.target] = click.at_ms
        candidates.append(click)
    return candidates


def _is_ignored(click: Click) -> bool:
    path = click.path
    if path and path[0].tag == "html":
        return True
    return has_ancestor(path, "a") or has_class(path, _IGNORED_CLASSES)


def _verdict(timeline: Timeline, click: Click, *, rule: EffectRule) -> Signal | None:
    late: list[Effect] = []
    for trace, limit_ms in rule.limits_ms:
        effect = timeline.first_after(click, (trace,))
        if effect is None or effect.delay_ms > rule.absolute_timeout_ms:
            continue
        if effect.delay_ms < min(limit_ms, rule.absolute_timeout_ms):
            return None
        late.append(effect)
    elapsed_ms = timeline.last_at_ms - click.at_ms
    if late and elapsed_ms >= rule.settled_ms:
        first = min(late, key=lambda effect: effect.position)
        reason = f"the first effect came only after {first.delay_ms} ms"
        return _signal((click.moment.evidence, first.moment.evidence), reason=reason)
    if elapsed_ms >= rule.absolute_timeout_ms:
        return _signal((click.moment.evidence,), reason=f"no effect within {rule.absolute_timeout_ms:g} ms")
    return None


def _signal(evidence: tuple[Evidence, ...], *, reason: str) -> Signal:
    return Signal(kind=SignalKind.DEAD_CLICK, at_ms=evidence[-1].at_ms, reason=reason, evidence=evidence)
