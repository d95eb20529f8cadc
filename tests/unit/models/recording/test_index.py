from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from traceflow.models.recording.index import SegmentIndexEntry, recording_order, windows_of

ENTRY = SegmentIndexEntry(
    window_id="w1",
    segment_id=0,
    content_hash=b"",
    events=1,
    min_timestamp_ms=5,
    max_timestamp_ms=6,
    is_final=False,
    received_at_ms=0,
    stream_id="1-1",
    object_key="o",
    block_offset=0,
    block_length=1,
    frame_offset=0,
    frame_length=1,
)


def entry(window_id: str, segment_id: int, min_timestamp_ms: int | None = 5) -> SegmentIndexEntry:
    return replace(ENTRY, window_id=window_id, segment_id=segment_id, min_timestamp_ms=min_timestamp_ms)


@pytest.mark.parametrize(
    ("given_entries", "expected"),
    [
        ([entry("a", 0, 9), entry("b", 0, 3)], [("b", 0), ("a", 0)]),
        ([entry("b", 0, 3), entry("a", 0, 3)], [("a", 0), ("b", 0)]),
        ([entry("a", 1, 1), entry("a", 0, 9), entry("b", 0, 2)], [("a", 0), ("a", 1), ("b", 0)]),
        ([entry("a", 0, None), entry("b", 0, 3)], [("b", 0), ("a", 0)]),
        ([entry("a", 0, 0), entry("b", 0, None), entry("b", 1, 0)], [("a", 0), ("b", 0), ("b", 1)]),
        ([], []),
    ],
)
def test_windows_go_by_their_first_event_and_segments_by_number(
    given_entries: list[SegmentIndexEntry], expected: list[tuple[str, int]]
) -> None:
    ordered = recording_order(given_entries)

    assert [(one.window_id, one.segment_id) for one in ordered] == expected


@given(st.permutations([entry("a", 0, 4), entry("a", 2, 1), entry("b", 0, 1), entry("c", 0, None)]))
def test_the_order_of_a_recording_does_not_depend_on_that_of_its_rows(rows: list[SegmentIndexEntry]) -> None:
    assert [(one.window_id, one.segment_id) for one in recording_order(rows)] == [
        ("a", 0),
        ("a", 2),
        ("b", 0),
        ("c", 0),
    ]


def test_windows_know_their_gaps_and_their_last_final_segment() -> None:
    finals = [replace(entry("a", number), is_final=number in {1, 3}) for number in (3, 1, 0)]

    windows = windows_of([*finals, entry("b", 0)])

    assert [(one.window_id, one.gaps, one.final_segment_id) for one in windows] == [
        ("a", (2,), 3),
        ("b", (), None),
    ]
