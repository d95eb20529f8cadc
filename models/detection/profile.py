"""Detection profiles: named sets of thresholds, each with its reason.

No two products agree on what a rage click is. ``posthog`` and ``sentry`` do what those products do, so
that their numbers can be compared with ours; ``default`` is what sessions are scored with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from traceflow.models.detection.signal import SignalKind
from traceflow.models.errors import RequestInvalid

# Where JavaScript's integers stop being exact.
_MAX_VALUE = 2**53
# Detectors look back at so many clicks or turns for each: nobody clicks a thousand times in a rage.
_MAX_COUNT = 1000

# Points per signal; the score is their sum, at most 100. One sign of each of the three strong kinds
# passes 50; a single weak one stays under 10.
WEIGHTS: Mapping[SignalKind, float] = {
    SignalKind.RAGE_CLICK: 25.0,
    SignalKind.ERROR_CLICK: 20.0,
    SignalKind.DEAD_CLICK: 15.0,
    SignalKind.SLOW_CLICK: 8.0,
    SignalKind.THRASHED_CURSOR: 8.0,
}


def _parameter(value: int, *, unit: str, reason: str) -> Any:
    return field(default=value, metadata={"unit": unit, "reason": reason})


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultParameters:
    """The thresholds of ``default``."""

    rage_click_count: int = _parameter(
        3, unit="clicks", reason="PostHog, Datadog and OpenReplay; a double click is two"
    )
    rage_click_timeout_ms: float = _parameter(
        1000, unit="ms", reason="PostHog, per step; Datadog and Amplitude use the same second"
    )
    rage_click_threshold_px: float = _parameter(
        50, unit="px", reason="Amplitude's box; between PostHog's 30 and Datadog's 100, for a shaking hand"
    )
    slow_click_threshold_ms: float = _parameter(
        3000, unit="ms", reason="Sentry's slow click and Amplitude's dead click"
    )
    dead_click_timeout_ms: float = _parameter(7000, unit="ms", reason="Sentry's timeout")
    quick_reaction_ms: float = _parameter(
        300, unit="ms", reason="Sentry's bound for scrolls; later ones are the visitor's own"
    )
    error_click_window_ms: float = _parameter(2000, unit="ms", reason="Amplitude's error click")
    thrash_turns: int = _parameter(
        10, unit="turns", reason="half of Amplitude's 20: rrweb samples the cursor only every 50 ms"
    )
    thrash_window_ms: float = _parameter(2000, unit="ms", reason="Amplitude's thrashed cursor")
    thrash_stretch_px: float = _parameter(
        40, unit="px", reason="about a button's height: reading along and trembling stay under it"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PosthogParameters:
    """The thresholds of posthog-js: ``rageclick.ts`` and ``dead-clicks-autocapture.ts``."""

    threshold_px: float = _parameter(30, unit="px", reason="rageclick.ts, DEFAULT_THRESHOLD_PX")
    timeout_ms: float = _parameter(1000, unit="ms", reason="rageclick.ts, DEFAULT_TIMEOUT_MS")
    click_count: int = _parameter(3, unit="clicks", reason="rageclick.ts, DEFAULT_CLICK_COUNT")
    mutation_threshold_ms: float = _parameter(2500, unit="ms", reason="dead-clicks-autocapture.ts")
    scroll_threshold_ms: float = _parameter(100, unit="ms", reason="dead-clicks-autocapture.ts")
    selection_change_threshold_ms: float = _parameter(100, unit="ms", reason="dead-clicks-autocapture.ts")
    absolute_timeout_ms: float = _parameter(
        2750, unit="ms", reason="dead-clicks-autocapture.ts, mutation_threshold_ms * 1.1"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryParameters:
    """The thresholds of Sentry's ``handleClick.ts`` and ``event_parser.py``."""

    slow_click_threshold_ms: float = _parameter(3000, unit="ms", reason="constants.ts, SLOW_CLICK_THRESHOLD")
    slow_click_timeout_ms: float = _parameter(
        7000, unit="ms", reason="constants.ts, timeout of the slow click"
    )
    scroll_timeout_ms: float = _parameter(300, unit="ms", reason="constants.ts, SLOW_CLICK_SCROLL_TIMEOUT")
    rage_click_count: int = _parameter(5, unit="clicks", reason="event_parser.py, clickCount of a rage click")


Parameters = DefaultParameters | PosthogParameters | SentryParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A way of detecting: which signals, by which thresholds, at which weights."""

    name: str
    description: str
    parameters: Parameters
    kinds: tuple[SignalKind, ...]
    weights: Mapping[SignalKind, float]


DEFAULT = Profile(
    name="default",
    description="What sessions are scored with: thresholds on which several products agree",
    parameters=DefaultParameters(),
    kinds=tuple(SignalKind),
    weights=WEIGHTS,
)

PROFILES: Mapping[str, Profile] = {
    "default": DEFAULT,
    "posthog": Profile(
        name="posthog",
        description="PostHog's browser library",
        parameters=PosthogParameters(),
        kinds=(SignalKind.RAGE_CLICK, SignalKind.DEAD_CLICK),
        weights=WEIGHTS,
    ),
    "sentry": Profile(
        name="sentry",
        description="Sentry's session replay",
        parameters=SentryParameters(),
        kinds=(SignalKind.RAGE_CLICK, SignalKind.DEAD_CLICK, SignalKind.SLOW_CLICK),
        weights=WEIGHTS,
    ),
}


def profile_with(name: str, parameters: Mapping[str, object]) -> Profile:
    """Return a profile with some of its thresholds replaced.

    Raises:
        RequestInvalid: the profile or a parameter is unknown, or a value is none that it can take;
            ``path`` names it.
    """
    profile = PROFILES.get(name)
    if profile is None:
        known = ", ".join(PROFILES)
        raise RequestInvalid(f"there is no such detection profile; there are {known}", path="profile")
    units = {each.name: each.metadata["unit"] for each in fields(profile.parameters)}
    values: dict[str, int | float] = {}
    for parameter, value in parameters.items():
        if parameter not in units:
            message = f"the profile {name} has no such parameter; it has {', '.join(units)}"
            raise RequestInvalid(message, path=f"parameters.{parameter}")
        values[parameter] = _value(parameter, value, is_count=units[parameter] in {"clicks", "turns"})
    return replace(profile, parameters=_with_values(profile.parameters, values))


def _with_values(parameters: Parameters, values: Mapping[str, Any]) -> Parameters:
    # replace() cannot be typed over names that arrive at run time; profile_with has checked them.
    return replace(parameters, **values)


def _value(parameter: str, value: object, *, is_count: bool) -> int | float:
    path = f"parameters.{parameter}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestInvalid("a threshold must be a number", path=path)
    if is_count and (not isinstance(value, int) or not 1 <= value <= _MAX_COUNT):
        raise RequestInvalid(f"a count must be a whole number from 1 to {_MAX_COUNT}", path=path)
    if not 0 <= value <= _MAX_VALUE:  # NaN is in no range
        raise RequestInvalid("a threshold must be finite and not negative", path=path)
    return value
