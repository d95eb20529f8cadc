from random import Random

import pytest

from traceflow.cluster.embedded.component import ComponentState
from traceflow.cluster.embedded.restart import Watch, on_failed, on_probe, on_retry, on_started, on_stopped


def failing(times: int, *, rng: Random) -> list[float]:
    watch, delays = Watch(), []
    for _ in range(times):
        watch = on_failed(watch, now_s=100.0, rng=rng)
        delays.append(watch.retry_at_s - 100.0)
        watch = on_retry(watch)
    return delays


def test_the_first_restart_comes_within_a_fifth_of_a_second() -> None:
    watch = on_started(Watch(), now_s=0.0)

    failed = on_failed(watch, now_s=1.0, rng=Random(1))

    assert failed.state is ComponentState.WAITING
    assert 1.1 <= failed.retry_at_s <= 1.2


def test_the_wait_doubles_with_jitter_and_stays_within_ten_seconds() -> None:
    delays = failing(12, rng=Random(2))

    ceilings = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, *[10.0] * 6]
    assert all(ceiling / 2 <= delay <= ceiling for delay, ceiling in zip(delays, ceilings, strict=True))


def test_two_components_that_fail_together_do_not_retry_together() -> None:
    rng = Random(3)

    assert failing(6, rng=rng) != failing(6, rng=rng)


def test_it_never_gives_up_and_days_of_failures_do_not_overflow() -> None:
    assert failing(20_000, rng=Random(4))[-1] <= 10.0


def test_a_failure_after_thirty_stable_seconds_counts_as_the_first_again() -> None:
    watch = Watch(failures=8)

    stable = on_failed(on_started(watch, now_s=0.0), now_s=30.0, rng=Random(5))
    unstable = on_failed(on_started(watch, now_s=0.0), now_s=29.0, rng=Random(5))

    assert (stable.failures, unstable.failures) == (1, 9)


@pytest.mark.parametrize(("missed", "is_hung"), [(4, False), (5, True)])
def test_five_probes_in_a_row_without_an_answer_are_a_hang(missed: int, is_hung: bool) -> None:
    watch = on_started(Watch(), now_s=0.0)

    for _ in range(missed):
        watch = on_probe(watch, is_healthy=False)

    assert watch.is_hung is is_hung


def test_one_answer_forgets_the_missed_probes() -> None:
    watch = on_started(Watch(), now_s=0.0)

    for is_healthy in (False, False, False, False, True, False):
        watch = on_probe(watch, is_healthy=is_healthy)

    assert watch.missed == 1


def test_restarts_are_counted_and_a_stop_on_purpose_is_none() -> None:
    watch = on_stopped(on_started(on_retry(on_failed(Watch(), now_s=0.0, rng=Random(6))), now_s=1.0))

    assert (watch.restarts, watch.state) == (1, ComponentState.STOPPED)
