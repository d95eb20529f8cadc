import pytest
from benchmarks.figures import bounds, median_ratio, percentile, redaction_share


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (1, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)]
)
def test_a_percentile_is_the_value_of_the_nearest_rank(percent: float, expected: int) -> None:
    assert percentile(range(1, 101), percent) == expected


def test_the_percentiles_of_one_value_are_that_value() -> None:
    assert {percentile([7.0], percent) for percent in (0, 50, 99)} == {7.0}


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_a_round_that_is_slow_for_both_sides_does_not_move_the_ratio() -> None:
    assert median_ratio([1000, 100, 1000], [2000, 200, 2000]) == 0.5


def test_redaction_takes_the_cpu_that_a_redacted_request_takes_more() -> None:
    assert redaction_share([300, 300, 300], [1200, 600, 1200]) == 0.75


def test_each_promise_is_kept_at_its_limit_and_broken_beyond() -> None:
    at_limit = bounds(
        ratios={"fastapi_default_proxy": 10.0, "bare_uvicorn": 0.4}, p99_ms={"16": 25.0}, ready_s=25.0
    )
    beyond = bounds(
        ratios={"fastapi_default_proxy": 9.99, "bare_uvicorn": 0.399}, p99_ms={"16": 25.1}, ready_s=25.1
    )

    assert [bound.is_kept for bound in at_limit] == [True] * 4
    assert [bound.is_kept for bound in beyond] == [False] * 4


def test_a_bound_says_what_was_measured_and_what_was_promised() -> None:
    bare = bounds(
        ratios={"fastapi_default_proxy": 10.0, "bare_uvicorn": 0.37}, p99_ms={"16": 5.0}, ready_s=9.0
    )[1]

    assert bare.in_words() == "requests/s of bare uvicorn, times: 0.37 (at least 0.4)"
