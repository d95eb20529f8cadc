from traceflow.models.session.window import Window


def window(*segment_ids: int, final: int | None = None) -> Window:
    return Window(window_id="w", segment_ids=frozenset(segment_ids), final_segment_id=final)


def test_gaps_are_the_numbers_missing_below_the_highest() -> None:
    assert window(0, 2, 5).gaps == (1, 3, 4)


def test_a_window_without_its_final_segment_is_not_complete() -> None:
    assert not window(0, 1, 2).is_complete


def test_a_final_window_without_gaps_is_complete() -> None:
    assert window(0, 1, 2, final=2).is_complete


def test_a_gap_keeps_a_final_window_incomplete() -> None:
    assert not window(0, 2, final=2).is_complete


def test_a_higher_segment_takes_the_final_mark_away() -> None:
    assert not window(0, 1, 2, final=1).is_complete


def test_a_stray_high_number_reports_a_bounded_list() -> None:
    assert len(window(2**31 - 1).gaps) == 1000
