import pytest

from traceflow.models.errors import RequestInvalid
from traceflow.models.session.overview import DAY_MS, HOUR_MS, HotspotQuery, Period, bucket_ms


@pytest.mark.parametrize(
    ("span_ms", "width_ms"),
    [(0, HOUR_MS), (DAY_MS, HOUR_MS), (3 * DAY_MS, HOUR_MS), (3 * DAY_MS + 1, DAY_MS), (-5, HOUR_MS)],
)
def test_a_bucket_is_an_hour_up_to_three_days_and_then_a_day(span_ms: int, width_ms: int) -> None:
    assert bucket_ms(1000, 1000 + span_ms) == width_ms


@pytest.mark.parametrize(("path", "time_ms"), [("from_ms", -1), ("to_ms", 2**53 + 1)])
def test_a_bound_that_no_session_has_is_refused_by_name(path: str, time_ms: int) -> None:
    with pytest.raises(RequestInvalid) as refused:
        Period(**{path: time_ms})

    assert refused.value.context["path"] == path


@pytest.mark.parametrize("page", ["", "a\x00", "\ud800", "x" * 9000])
def test_a_page_that_no_session_has_is_refused(page: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        HotspotQuery(page=page, period=Period())

    assert refused.value.context["path"] == "page"
