"""The clock that runs from a click to the page's reaction; dead and slow clicks are read off it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

from traceflow.models.detection.moment import Clicked
from traceflow.models.detection.timeline import Click, Effect, Timeline, Trace, click_target
from traceflow.models.evidence import Evidence

Ending = Literal["answered", "slow", "dead", "open"]

# Clicks on one element less than a second apart are one attempt (Sentry, PostHog).
MERGE_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRule:
    """What counts as a reaction, and how long it may take.

    ``aim`` names the element that a click is for, or None where no reaction is to be expected.
    ``lasting`` traces answer at any time, ``quick`` ones only within ``quick_ms`` (later, they are the
    visitor's own doing). With ``until_next_action`` the wait ends, once it is slow, when the visitor does
    something else: what comes after that is no answer to the click any more.
    """

    slow_ms: float
    dead_ms: float
    quick_ms: float
    lasting: tuple[Trace, ...]
    quick: tuple[Trace, ...]
    aim: Callable[[Click], Hashable | None]
    until_next_action: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How the wait after a click ended; ``clicks`` are those on the same element meanwhile."""

    click: Click
    ending: Ending
    clicks: tuple[Evidence, ...] = ()
    delay_ms: int = 0
    reaction: Evidence | None = None


def reaction_waits(timeline: Timeline, *, rule: ReactionRule) -> tuple[Wait, ...]:
    """Follow every click that a reaction is to be expected of; merged ones follow the first."""
    by_aim: defaultdict[Hashable, list[Click]] = defaultdict(list)
    for click in timeline.clicks:
        aim = rule.aim(click)
        if aim is not None:
            by_aim[aim].append(click)
    return tuple(wait for clicks in by_aim.values() for wait in _waits(timeline, clicks, rule=rule))


def _waits(timeline: Timeline, clicks: Sequence[Click], *, rule: ReactionRule) -> Iterator[Wait]:
    """Follow the clicks on one element."""
    latest_ms: int | None = None
    for place, click in enumerate(clicks):
        if latest_ms is not None and click.at_ms - latest_ms < MERGE_MS:
            continue
        latest_ms = click.at_ms
        wait = _wait(timeline, click, rule=rule)
        yield replace(wait, clicks=_clicks_before(clicks, place, end_ms=click.at_ms + rule.dead_ms))


def _clicks_before(clicks: Sequence[Click], start: int, *, end_ms: float) -> tuple[Evidence, ...]:
    # By index: a copy of the rest for each click would make a long window's cost grow with its square.
    rest = (clicks[place] for place in range(start, len(clicks)))
    return tuple(each.moment.evidence for each in takewhile(lambda click: click.at_ms < end_ms, rest))


def _wait(timeline: Timeline, click: Click, *, rule: ReactionRule) -> Wait:
    answer = _answer(timeline, click, rule=rule)
    action = _next_action(timeline, click, rule=rule) if rule.until_next_action else None
    if answer is not None and (action is None or answer.position < action.position):
        is_slow = answer.delay_ms >= rule.slow_ms and answer.delay_ms > rule.quick_ms
        return Wait(
            click=click,
            ending="slow" if is_slow else "answered",
            delay_ms=answer.delay_ms,
            reaction=answer.moment.evidence,
        )
    if action is not None:
        return Wait(click=click, ending="dead", delay_ms=action.delay_ms)
    is_over = timeline.last_at_ms - click.at_ms >= rule.dead_ms
    return Wait(click=click, ending="dead" if is_over else "open", delay_ms=int(rule.dead_ms))


def _answer(timeline: Timeline, click: Click, *, rule: ReactionRule) -> Effect | None:
    quick = timeline.first_after(click, rule.quick)
    if quick is not None and quick.delay_ms > rule.quick_ms:
        quick = None
    lasting = timeline.first_after(click, rule.lasting)
    first = min(filter(None, (quick, lasting)), key=lambda effect: effect.position, default=None)
    return first if first is not None and first.delay_ms < rule.dead_ms else None


def _next_action(timeline: Timeline, click: Click, *, rule: ReactionRule) -> Effect | None:
    """Return what the visitor did next while the wait was slow, other than clicking the same element."""
    other = timeline.first_after(click, (Trace.SCROLL, Trace.INPUT), from_ms=rule.slow_ms)
    # No further than the wait goes: thousands of clicks on one element must not each look at all others.
    clicks = takewhile(
        lambda effect: effect.delay_ms < rule.dead_ms,
        timeline.each_after(click, Trace.CLICK, from_ms=rule.slow_ms),
    )
    elsewhere = next((each for each in clicks if not _is_same(each, click)), None)
    first = min(filter(None, (other, elsewhere)), key=lambda effect: effect.position, default=None)
    return first if first is not None and first.delay_ms < rule.dead_ms else None


def _is_same(effect: Effect, click: Click) -> bool:
    return isinstance(effect.moment, Clicked) and click_target(effect.moment) == click.target
