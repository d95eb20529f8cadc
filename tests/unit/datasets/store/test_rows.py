from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from traceflow.datasets.store.rows import at_ms, is_storable, storable, to_ms


@given(st.integers(min_value=0, max_value=2**47))
def test_milliseconds_survive_the_way_through_a_timestamp(time_ms: int) -> None:
    assert to_ms(at_ms(time_ms)) == time_ms


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC)

    assert to_ms(moment + timedelta(0)) == 1_767_323_045_678


@given(st.text(st.characters()))
def test_any_text_becomes_one_that_postgresql_holds_and_keeps_its_length(text: str) -> None:
    kept = storable(text)

    assert is_storable(kept)
    assert len(kept) == len(text)
    assert "\x00" not in kept.encode().decode()


@pytest.mark.parametrize("text", ["plain", "ünï", "😀", "line\nbreak"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert storable(text) == text
