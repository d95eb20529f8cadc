"""Retry-After as providers spell it: milliseconds, seconds or a date."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import isnan

# Providers have been seen to say 0 and to say days.
_LEAST_S = 0.25
_MOST_S = 120.0


def retry_after_s(headers: Mapping[str, str], *, now_s: float) -> float | None:
    """Return how long to stay away, within sensible bounds; None where the provider did not say."""
    spelled_ms = headers.get("retry-after-ms")
    if spelled_ms is not None and (milliseconds := _number(spelled_ms)) is not None:
        return _clamped(milliseconds / 1000)
    spelled = headers.get("retry-after")
    if spelled is None:
        return None
    seconds = _number(spelled)
    if seconds is None:
        seconds = _until_date(spelled, now_s=now_s)
    return None if seconds is None else _clamped(seconds)


def _number(spelled: str) -> float | None:
    try:
        number = float(spelled)
    except ValueError:
        return None
    return None if isnan(number) else number


def _until_date(spelled: str, *, now_s: float) -> float | None:
    try:
        return parsedate_to_datetime(spelled).timestamp() - now_s
    except (ValueError, OverflowError):
        return None


def _clamped(seconds: float) -> float:
    return min(_MOST_S, max(_LEAST_S, seconds))
