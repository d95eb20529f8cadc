import pytest
from hypothesis import given, strategies as st

from traceflow.models.quota.gcra import RateLimit, RateLimiter, decide, rate_limit

SECOND_US = 1_000_000
TEN_A_SECOND = rate_limit(segments_per_s=10, burst=3)


def admissions(limit: RateLimit, arrivals_us: list[int]) -> list[int]:
    limiter = RateLimiter(limit)
    return [now_us for now_us in arrivals_us if not limiter.retry_after_s("key", now_us=now_us)]


def test_without_a_limit_everything_passes() -> None:
    limiter = RateLimiter(None)

    assert {limiter.retry_after_s("key", now_us=0) for _ in range(1000)} == {0.0}


def test_a_burst_passes_at_once_and_the_next_is_told_when() -> None:
    limiter = RateLimiter(TEN_A_SECOND)

    waits = [limiter.retry_after_s("key", now_us=SECOND_US) for _ in range(5)]

    assert waits == [0.0, 0.0, 0.0, 0.1, 0.1]


def test_who_waits_as_long_as_told_is_let_in() -> None:
    limiter = RateLimiter(TEN_A_SECOND)
    now_us = 0
    while not (wait_s := limiter.retry_after_s("key", now_us=now_us)):
        now_us += 1

    assert not limiter.retry_after_s("key", now_us=now_us + round(wait_s * SECOND_US))


def test_keys_do_not_share_a_limit() -> None:
    limiter = RateLimiter(rate_limit(segments_per_s=1, burst=1))

    assert not limiter.retry_after_s("a", now_us=0)
    assert limiter.retry_after_s("a", now_us=0)
    assert not limiter.retry_after_s("b", now_us=0)


def test_a_clock_that_went_back_locks_nobody_out_for_long() -> None:
    decision = decide(TEN_A_SECOND, tat_us=3600 * SECOND_US, now_us=0)

    assert not decision.is_admitted
    assert decision.retry_after_s <= 0.3


def test_many_keys_are_forgotten_without_being_let_in_early() -> None:
    limiter = RateLimiter(rate_limit(segments_per_s=1, burst=1))
    limiter.retry_after_s("held", now_us=9 * SECOND_US)
    for number in range(20_000):
        limiter.retry_after_s(f"key-{number}", now_us=9 * SECOND_US + 1)

    assert limiter.retry_after_s("held", now_us=9 * SECOND_US + 2)


@pytest.mark.parametrize(("interval_us", "burst"), [(0, 1), (1, 0)])
def test_a_limit_that_is_none_cannot_be_made(interval_us: int, burst: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RateLimit(interval_us=interval_us, burst=burst)


@given(
    steps_us=st.lists(st.integers(0, 300_000), max_size=60),
    interval_us=st.integers(1, 200_000),
    burst=st.integers(1, 5),
)
def test_in_every_span_no_more_than_rate_and_burst_pass(
    steps_us: list[int], interval_us: int, burst: int
) -> None:
    arrivals_us = [sum(steps_us[: index + 1]) for index in range(len(steps_us))]

    admitted = admissions(RateLimit(interval_us=interval_us, burst=burst), arrivals_us)

    for first, start_us in enumerate(admitted):
        for last, end_us in enumerate(admitted[first:], first):
            assert last - first + 1 <= burst + (end_us - start_us) / interval_us
