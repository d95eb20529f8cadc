import pytest

from traceflow.serve.api.negotiation import prefers_zstd


@pytest.mark.parametrize(
    "header",
    [
        "zstd",
        "gzip, deflate, br, zstd",
        "ZSTD",
        "zstd;q=1.0",
        "zstd;q=0.001",
        "gzip;q=0.5 , zstd ; q=0.8",
        "zstd;q=0.5, identity;q=0.5",
        "br;q=1.0, zstd;q=0.8, *;q=0.1",
        "zstd, *;q=0",
        "identity;q=0, *",
        "nonsense;;, zstd",
        "zstd;Q=1",
    ],
)
def test_zstd_is_sent_where_it_is_read(header: str) -> None:
    assert prefers_zstd(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "identity",
        "gzip, deflate, br",
        "zstd;q=0",
        "zstd;q=0.000",
        "zstd;q=0, *",
        "zstd;q=0.4, identity;q=0.5",
        "*",
        "*;q=0",
        "gzip, *;q=0.5",
        "x-zstd",
        "zstdd",
        "zstd;q=2",
        "zstd;q=nan",
        "zstd;q=-1",
        "zstd;level=3",
        "identity;q=0, *;q=0",
    ],
)
def test_plain_bytes_are_sent_where_zstd_is_not_read_or_less_liked(header: str | None) -> None:
    assert not prefers_zstd(header)
