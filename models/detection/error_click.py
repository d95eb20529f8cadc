"""Error clicks: the page raised an error right after them."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import zip_longest

from traceflow.models.detection.reaction import MERGE_MS
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.detection.timeline import Click, Timeline, Trace
from traceflow.models.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedClick:
    """A click with the first error that came before the next click and in time."""

    click: Click
    error: Evidence


def error_clicks(timeline: Timeline, *, window_ms: float) -> tuple[Signal, ...]:
    """Find clicks with an error after them; a run of clicks on one element is told once."""
    signals: list[Signal] = []
    latest: dict[Hashable, int] = {}
    for failed in failed_clicks(timeline, window_ms=window_ms):
        click = failed.click
        is_told = click.target in latest and abs(click.at_ms - latest[click.target]) < MERGE_MS
        latest[click.target] = click.at_ms
        if is_told:
            continue
        signals.append(
            Signal(
                kind=SignalKind.ERROR_CLICK,
                at_ms=failed.error.at_ms,
                reason=f"an error {failed.error.at_ms - click.at_ms} ms after the click",
                evidence=(click.moment.evidence, failed.error),
            )
        )
    return tuple(signals)


def failed_clicks(timeline: Timeline, *, window_ms: float) -> tuple[FailedClick, ...]:
    """Pair each error with the click before it; a click is paired with its first error only."""
    failed: list[FailedClick] = []
    for click, following in zip_longest(timeline.clicks, timeline.clicks[1:]):
        error = timeline.first_after(click, (Trace.ERROR,))
        if error is None or error.delay_ms > window_ms:
            continue
        if following is None or error.position < following.position:
            failed.append(FailedClick(click=click, error=error.moment.evidence))
    return tuple(failed)
