import json

import pytest
from hypothesis import given, strategies as st

from traceflow.models.errors import RecordingInvalid
from traceflow.models.recording import segmentation
from traceflow.models.recording.segmentation import cut_segments


def event(at_ms: float, *, kind: int = 3, size: int = 0) -> bytes:
    return json.dumps({"type": kind, "timestamp": at_ms, "d": "x" * size}).encode()


def test_the_first_segment_ends_with_the_full_snapshot() -> None:
    segments = cut_segments([event(0, kind=4), event(1, kind=2), event(2), event(3, kind=2), event(4)])

    assert [len(each.events) for each in segments] == [2, 3]


def test_a_segment_spans_less_than_five_seconds() -> None:
    segments = cut_segments([event(at_ms) for at_ms in (0, 4_999, 5_000, 9_000, 10_001)])

    assert [(each.first_ms, each.last_ms) for each in segments] == [
        (0, 4_999),
        (5_000, 9_000),
        (10_001, 10_001),
    ]


def test_a_segment_holds_less_than_100_kb_unless_one_event_is_larger() -> None:
    segments = cut_segments([event(n, size=size) for n, size in enumerate([60_000, 60_000, 200_000, 10, 10])])

    assert [len(each.events) for each in segments] == [1, 1, 1, 2]


def test_a_segment_holds_a_thousand_events_at_most() -> None:
    segments = cut_segments([event(1)] * 2_500)

    assert [len(each.events) for each in segments] == [1000, 1000, 500]


def test_an_event_over_what_ingest_takes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmentation, "_LARGEST_EVENT_BYTES", 1000)

    with pytest.raises(RecordingInvalid, match=r"events\[1\] is 1\d\d\d bytes"):
        cut_segments([event(1), event(2, size=1000)])


@given(
    st.lists(
        st.tuples(st.integers(0, 60_000), st.sampled_from([2, 3, 4]), st.integers(0, 50_000)), min_size=1
    )
)
def test_nothing_is_lost_doubled_or_moved_and_the_last_is_final(plan: list[tuple[int, int, int]]) -> None:
    events = [event(at_ms, kind=kind, size=size) for at_ms, kind, size in plan]

    segments = cut_segments(events)

    assert [one for each in segments for one in each.events] == events
    assert [each.segment_id for each in segments] == list(range(len(segments)))
    assert [each.is_final for each in segments] == [False] * (len(segments) - 1) + [True]
    assert cut_segments(events) == segments


def test_a_document_is_the_body_that_ingest_takes() -> None:
    first, last = cut_segments([event(0, kind=2), event(1)])

    document = json.loads(
        last.document(window_id=b'"w1"', sdk=b'{"name":"x"}', visitor=b"null", sent_at_ms=7)
    )

    assert document == {
        "window_id": "w1",
        "segment_id": 1,
        "sent_at_ms": 7,
        "final": True,
        "sdk": {"name": "x"},
        "visitor": None,
        "events": [{"type": 3, "timestamp": 1, "d": ""}],
    }
    assert json.loads(first.document(window_id=b'""', sdk=b"1", visitor=b"1", sent_at_ms=1))["final"] is False
