from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.session.facts import NotableEvent
from traceflow.models.session.timeline_mark import MARKS_AT_MOST, TimelineMark, timeline_marks


def signal(at_ms: int, kind: SignalKind = SignalKind.DEAD_CLICK) -> Signal:
    return Signal(kind=kind, at_ms=at_ms, reason="", evidence=(place(at_ms),))


def place(at_ms: int) -> Evidence:
    return Evidence(window_id="w1", segment_id=0, event_index=0, at_ms=at_ms)


def event(at_ms: int, kind: str) -> NotableEvent:
    return NotableEvent(kind=kind, name="n", evidence=place(at_ms))


def test_signals_errors_and_navigations_stand_by_time_and_nothing_else_does() -> None:
    events = [event(9, "error"), event(1, "page_view"), event(5, "track"), event(4, "navigation")]

    marks = timeline_marks([signal(7, SignalKind.RAGE_CLICK), signal(2)], events)

    assert [(mark.kind, mark.at_ms) for mark in marks] == [
        ("navigation", 1),
        ("dead_click", 2),
        ("navigation", 4),
        ("rage_click", 7),
        ("error", 9),
    ]


def test_where_there_are_too_many_signals_come_first_and_pages_last() -> None:
    signals = [signal(n) for n in range(25)]
    errors = [event(n, "error") for n in range(10)]
    pages = [event(n, "page_view") for n in range(0, 1000, 10)]

    kinds = [mark.kind for mark in timeline_marks(signals, errors + pages)]

    assert (kinds.count("dead_click"), kinds.count("error"), kinds.count("navigation")) == (25, 10, 5)


def test_what_does_not_fit_is_left_out_evenly() -> None:
    marks = timeline_marks([signal(n) for n in range(80)], [event(1, "error")])

    assert marks == tuple(TimelineMark(kind="dead_click", at_ms=n) for n in range(0, 80, 2))
    assert len(marks) == MARKS_AT_MOST


def test_nothing_is_nothing() -> None:
    assert timeline_marks([], []) == ()
