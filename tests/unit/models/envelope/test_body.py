import gzip
import io
import tracemalloc
from contextlib import suppress
from itertools import pairwise

import pytest
import zstandard
from hypothesis import given, strategies as st

from traceflow.models.envelope.body import decompress
from traceflow.models.errors import EnvelopeInvalid, EnvelopeTooLarge, UnsupportedEncoding

TEXT = b'{"events": []}' * 100
LIMIT = 1 << 20
BOMB_BYTES = 64 << 20


def zstd_unsized(content: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(content) + compressor.flush()


def zstd_lying_about_its_size(content: bytes) -> bytes:
    unsized = zstd_unsized(content)
    # Frame header: magic, descriptor, window. Single segment with a one-byte content size of 10 instead.
    return unsized[:4] + bytes([0x20, 10]) + unsized[6:]


def zstd_with_window(content: bytes, window_log: int) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=window_log, write_content_size=False)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(content) + compressor.flush()


SKIPPABLE = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT[:700]) + gzip.compress(TEXT[700:]), "gzip"),
        (gzip.compress(TEXT) + gzip.compress(b""), "gzip"),
        (zstandard.compress(TEXT), "zstd"),
        (zstd_unsized(TEXT), "zstd"),
        (zstandard.ZstdCompressor(write_checksum=True).compress(TEXT), "zstd"),
        (zstandard.compress(TEXT[:700]) + zstd_unsized(TEXT[700:]), "zstd"),
        (SKIPPABLE + zstandard.compress(TEXT) + SKIPPABLE, "zstd"),
    ],
)
def test_what_was_compressed_comes_back(body: bytes, encoding: str) -> None:
    assert decompress(body, encoding, limit_bytes=LIMIT) == TEXT


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT])
@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_a_body_of_the_limit_is_taken_and_one_more_byte_is_not(size: int, encoding: str) -> None:
    compress = {"identity": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}[encoding]

    assert len(decompress(compress(b"x" * size), encoding, limit_bytes=LIMIT)) == size
    with pytest.raises(EnvelopeTooLarge):
        decompress(compress(b"x" * (LIMIT + 1)), encoding, limit_bytes=LIMIT)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(bytes(BOMB_BYTES)), "gzip"),
        (b"".join(gzip.compress(bytes(LIMIT // 2)) for _ in range(5)), "gzip"),
        (zstandard.compress(bytes(BOMB_BYTES)), "zstd"),
        (zstd_unsized(bytes(BOMB_BYTES)), "zstd"),
        (b"".join(zstandard.compress(bytes(LIMIT // 2)) for _ in range(5)), "zstd"),
        (b"".join(zstd_unsized(bytes(LIMIT // 2)) for _ in range(5)), "zstd"),
    ],
    ids=["gzip", "gzip-members", "zstd-sized", "zstd-unsized", "zstd-sized-frames", "zstd-unsized-frames"],
)
def test_a_bomb_is_refused_without_being_inflated(body: bytes, encoding: str) -> None:
    tracemalloc.start()

    with pytest.raises(EnvelopeTooLarge):
        decompress(body, encoding, limit_bytes=LIMIT)

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 4 * LIMIT


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"", "gzip"),
        (TEXT, "gzip"),
        (gzip.compress(TEXT)[:-1], "gzip"),
        (gzip.compress(TEXT)[:20], "gzip"),
        (gzip.compress(TEXT)[:3], "gzip"),
        (gzip.compress(TEXT) + b"tail", "gzip"),
        (gzip.compress(TEXT) + gzip.compress(TEXT)[:-3], "gzip"),
        (gzip.compress(TEXT)[:-8] + bytes(8), "gzip"),
        (gzip.compress(b"") * 300, "gzip"),
        (zstandard.compress(TEXT), "gzip"),
        (b"", "zstd"),
        (TEXT, "zstd"),
        (gzip.compress(TEXT), "zstd"),
        (zstandard.compress(TEXT)[:-1], "zstd"),
        (zstandard.compress(TEXT)[:7], "zstd"),
        (zstandard.compress(TEXT)[:4], "zstd"),
        (zstd_unsized(TEXT)[:-1], "zstd"),
        (zstandard.compress(TEXT) + b"tail", "zstd"),
        (zstandard.compress(TEXT) + b"\x28", "zstd"),
        (zstandard.compress(TEXT) + zstandard.compress(TEXT)[:-3], "zstd"),
        (zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)[:-4] + b"0000", "zstd"),
        (zstd_with_window(TEXT, 27), "zstd"),
        (zstd_lying_about_its_size(TEXT), "zstd"),
        (SKIPPABLE[:-1], "zstd"),
    ],
)
def test_damaged_bodies_are_invalid(body: bytes, encoding: str) -> None:
    with pytest.raises(EnvelopeInvalid):
        decompress(body, encoding, limit_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["", "br", "deflate", "gzip, gzip", "gzip,identity", "GZIP", "x-gzip"])
def test_other_encodings_are_unsupported(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding):
        decompress(gzip.compress(TEXT), encoding, limit_bytes=LIMIT)


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "zstd"]), head=st.booleans())
def test_arbitrary_bytes_are_read_or_invalid(body: bytes, encoding: str, head: bool) -> None:
    magic = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}[encoding]
    with suppress(EnvelopeInvalid, EnvelopeTooLarge):
        assert len(decompress(magic * head + body, encoding, limit_bytes=LIMIT)) <= LIMIT


@given(content=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 2000), max_size=3))
def test_every_cut_of_a_stream_reads_as_one(content: bytes, cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(content)]
    pieces = [content[start:end] for start, end in pairwise(bounds)]
    stream = io.BytesIO()
    for piece in pieces:
        stream.write(zstd_unsized(piece))

    joined = b"".join(pieces)
    assert decompress(stream.getvalue(), "zstd", limit_bytes=LIMIT) == joined
    assert decompress(b"".join(map(gzip.compress, pieces)), "gzip", limit_bytes=LIMIT) == joined
