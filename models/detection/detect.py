"""Hop 5. The detectors of a profile over a session's windows: one order of events, one result."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from traceflow.models.detection.dead_click import EffectRule, dead_clicks, dead_clicks_by_effect
from traceflow.models.detection.element import (
    closest_control,
    has_ancestor,
    is_page,
    is_text_field,
    is_unobservable,
    leads_elsewhere,
)
from traceflow.models.detection.error_click import error_clicks, failed_clicks
from traceflow.models.detection.moment import (
    Clicked,
    ClickNamed,
    CursorMoved,
    CustomSent,
    ErrorRaised,
    InputChanged,
    Moment,
    PageChanged,
    PageShown,
    PluginSent,
    Scrolled,
    SelectionChanged,
    SnapshotTaken,
    ViewportResized,
    WindowSeen,
)
from traceflow.models.detection.profile import (
    DefaultParameters,
    PosthogParameters,
    Profile,
    SentryParameters,
)
from traceflow.models.detection.rage_click import (
    StreakRule,
    rage_clicks,
    repeated_dead_clicks,
    unanswered_rage_clicks,
)
from traceflow.models.detection.reaction import ReactionRule
from traceflow.models.detection.signal import Signal
from traceflow.models.detection.slow_click import slow_clicks
from traceflow.models.detection.thrashed_cursor import ThrashRule, thrashed_cursors
from traceflow.models.detection.timeline import Click, Timeline, Trace, timeline

_COUNTED: Mapping[str, type[Moment]] = {
    "clicks": Clicked,
    "errors": ErrorRaised,
    "pages": PageShown,
    "scrolls": Scrolled,
    "mutations": PageChanged,
    "inputs": InputChanged,
    "selections": SelectionChanged,
    "cursor_batches": CursorMoved,
    "snapshots": SnapshotTaken,
    "custom_events": CustomSent,
    "plugin_events": PluginSent,
}


def detect(windows: Mapping[str, Sequence[Moment]], *, profile: Profile) -> tuple[Signal, ...]:
    """Run the profile's detectors over each window by itself, and order what they found.

    The moments of a window are taken in the order given; where one segment ends and the next begins
    makes no difference.
    """
    found: list[Signal] = []
    for moments in windows.values():
        found.extend(_detect_window(timeline(moments), profile=profile))
    return _in_order(found)


def detect_window(window: Timeline, *, profile: Profile) -> tuple[Signal, ...]:
    """Run the profile's detectors over one window, and order what they found."""
    return _in_order(_detect_window(window, profile=profile))


def _in_order(found: Iterable[Signal]) -> tuple[Signal, ...]:
    return tuple(sorted(found, key=lambda signal: (signal.at_ms, signal.kind, signal.evidence)))


def features(moments: Sequence[Moment]) -> Mapping[str, int]:
    """Count what happened, by kind; ``events`` counts all that have a timestamp."""
    counts = {name: sum(isinstance(moment, kind) for moment in moments) for name, kind in _COUNTED.items()}
    return {"events": len(moments), **counts}


def _detect_window(window: Timeline, *, profile: Profile) -> list[Signal]:
    parameters = profile.parameters
    if isinstance(parameters, PosthogParameters):
        return _detect_as_posthog(window, parameters)
    if isinstance(parameters, SentryParameters):
        return _detect_as_sentry(window, parameters)
    return _detect_by_default(window, parameters)


def _detect_by_default(window: Timeline, parameters: DefaultParameters) -> list[Signal]:
    streak = StreakRule(
        threshold_px=parameters.rage_click_threshold_px,
        timeout_ms=parameters.rage_click_timeout_ms,
        click_count=parameters.rage_click_count,
    )
    reaction = ReactionRule(
        slow_ms=parameters.slow_click_threshold_ms,
        dead_ms=parameters.dead_click_timeout_ms,
        quick_ms=parameters.quick_reaction_ms,
        lasting=(Trace.TREE, Trace.EFFECT, Trace.SHOWN),
        quick=(Trace.SCROLL, Trace.SELECTION, Trace.INPUT),
        aim=_default_aim(window, parameters),
        until_next_action=True,
    )
    thrash = ThrashRule(
        turns=parameters.thrash_turns,
        window_ms=parameters.thrash_window_ms,
        stretch_px=parameters.thrash_stretch_px,
    )
    return [
        *unanswered_rage_clicks(window, rule=streak),
        *dead_clicks(window, rule=reaction),
        *slow_clicks(window, rule=reaction),
        *error_clicks(window, window_ms=parameters.error_click_window_ms),
        *thrashed_cursors(window, rule=thrash),
    ]


def _detect_as_posthog(window: Timeline, parameters: PosthogParameters) -> list[Signal]:
    streak = StreakRule(
        threshold_px=parameters.threshold_px,
        timeout_ms=parameters.timeout_ms,
        click_count=parameters.click_count,
    )
    effects = EffectRule(
        mutation_threshold_ms=parameters.mutation_threshold_ms,
        scroll_threshold_ms=parameters.scroll_threshold_ms,
        selection_change_threshold_ms=parameters.selection_change_threshold_ms,
        absolute_timeout_ms=parameters.absolute_timeout_ms,
    )
    return [*rage_clicks(window, rule=streak), *dead_clicks_by_effect(window, rule=effects)]


def _detect_as_sentry(window: Timeline, parameters: SentryParameters) -> list[Signal]:
    reaction = ReactionRule(
        slow_ms=parameters.slow_click_threshold_ms,
        dead_ms=parameters.slow_click_timeout_ms,
        quick_ms=parameters.scroll_timeout_ms,
        lasting=(Trace.TREE, Trace.EFFECT, Trace.SELECTION, Trace.NEW_PAGE),
        quick=(Trace.SCROLL,),
        aim=_sentry_aim,
        until_next_action=False,
    )
    return [
        *dead_clicks(window, rule=reaction),
        *slow_clicks(window, rule=reaction),
        *repeated_dead_clicks(window, rule=reaction, click_count=parameters.rage_click_count),
    ]


def _default_aim(window: Timeline, parameters: DefaultParameters) -> Callable[[Click], Hashable | None]:
    """A click that raises an error is an error click, and no dead or slow one besides."""
    failing = failed_clicks(window, window_ms=parameters.error_click_window_ms)
    failed = {each.click.position for each in failing}

    def aim(click: Click) -> Hashable | None:
        path = click.path
        if click.position in failed or is_text_field(path) or is_page(path) or is_unobservable(path):
            return None
        if has_ancestor(path, "a") and _is_gone(window, click, after_ms=parameters.dead_click_timeout_ms):
            return None
        control = closest_control(path)
        return control.node_id if control is not None else click.target

    return aim


# What says nothing about whether the page still stands.
_ASIDE = (CursorMoved, WindowSeen, ClickNamed, ViewportResized)


def _is_gone(window: Timeline, click: Click, *, after_ms: float) -> bool:
    """Whether the link led off the recorded pages: long after it, a page comes up out of nothing."""
    for position in range(click.position + 1, len(window.moments)):
        moment = window.moments[position]
        if isinstance(moment, PageShown | SnapshotTaken):
            return moment.evidence.at_ms - click.at_ms >= after_ms
        if type(moment) is not Moment and not isinstance(moment, _ASIDE):
            return False
    return False


def _sentry_aim(click: Click) -> Hashable | None:
    """Sentry waits on links, buttons and submit inputs only; an unknown element is none of them."""
    control = closest_control(click.path)
    if control is None or control.tag not in {"a", "button", "input"}:
        return None
    if control.tag == "input" and control.attributes.get("type") not in {"submit", "button"}:
        return None
    if control.tag == "a" and leads_elsewhere(control):
        return None
    return control.node_id
