import pytest

from traceflow.serve.neurorouter.retry_after import retry_after_s

NOW_S = 1_764_000_000.0  # Mon, 24 Nov 2025 16:00:00 GMT


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Mon, 24 Nov 2025 16:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 24 Nov 2025 15:00:00 GMT"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "0"}, 0.25),
        ({"retry-after": "86400"}, 120.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_each_spelling_gives_seconds_within_bounds(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, now_s=NOW_S) == expected
