import pytest

from traceflow.models.session.closing import (
    IDLE_MS,
    MAX_AGE_MS,
    CloseReason,
    ClosingRules,
    close_reason,
    is_worth_analysis,
)
from traceflow.models.session.window import Window

COMPLETE = Window(window_id="a", segment_ids=frozenset({0, 1}), final_segment_id=1)
UNFINISHED = Window(window_id="b", segment_ids=frozenset({0}))


def reason(*windows: Window, opened: int = 0, last: int = 0, now: int = 0) -> CloseReason | None:
    return close_reason(windows, opened_at_ms=opened, last_arrival_ms=last, now_ms=now, rules=ClosingRules())


def test_all_windows_complete_close_the_session_at_once() -> None:
    assert reason(COMPLETE) is CloseReason.FINAL


def test_one_unfinished_window_keeps_the_session_open() -> None:
    assert reason(COMPLETE, UNFINISHED) is None


@pytest.mark.parametrize(("idle", "expected"), [(IDLE_MS - 1, None), (IDLE_MS, CloseReason.IDLE)])
def test_thirty_minutes_after_the_last_arrival_it_closes(idle: int, expected: CloseReason | None) -> None:
    assert reason(UNFINISHED, opened=0, last=1000, now=1000 + idle) is expected


@pytest.mark.parametrize(("age", "expected"), [(MAX_AGE_MS - 1, None), (MAX_AGE_MS, CloseReason.MAX_AGE)])
def test_a_day_after_it_opened_it_closes_whatever_arrives(age: int, expected: CloseReason | None) -> None:
    assert reason(UNFINISHED, opened=5, last=5 + age, now=5 + age) is expected


def test_a_session_without_any_window_waits_for_the_clock() -> None:
    assert reason(now=1) is None


def test_only_a_score_over_the_threshold_or_an_error_is_worth_an_analysis() -> None:
    assert not is_worth_analysis(frustration_score=30.0, errors=0, threshold=30.0)
    assert is_worth_analysis(frustration_score=30.1, errors=0, threshold=30.0)
    assert is_worth_analysis(frustration_score=0.0, errors=1, threshold=30.0)
