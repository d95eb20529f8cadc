"""Hop 1. A request's body, decompressed within bounds."""

import threading
from collections.abc import Callable, Mapping

import zstandard
from isal import isal_zlib

from traceflow.models.errors import EnvelopeInvalid, EnvelopeTooLarge, UnsupportedEncoding

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

_GZIP_WBITS = 31
# Each member copies what follows it: 256 of 10 MiB are 2.6 GB of copying, still under a second.
_GZIP_MAX_MEMBERS = 256

# What RFC 8878 (3.1.1.1.2) asks every decoder to support, and what zstd -19 needs.
_ZSTD_MAX_WINDOW_BYTES = 8 * 1024 * 1024
_ZSTD_PIECE_BYTES = 128 * 1024
_ZSTD_HEADER_MAX_BYTES = 18
_ZSTD_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_ZSTD_RLE_BLOCK = 1


class _Thread(threading.local):
    """A decompressor serves one thread at a time, and making one costs 8 µs."""

    def __init__(self) -> None:
        self.zstd = zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW_BYTES)


_THREAD = _Thread()


def decompress(body: bytes, encoding: str, *, limit_bytes: int) -> bytes:
    """Return the body without its content encoding: ``gzip``, ``zstd`` or ``identity``.

    Raises UnsupportedEncoding for another (a list of them too), EnvelopeInvalid for what is damaged, cut
    off or followed by something else, EnvelopeTooLarge over the limit, of which no more is allocated.
    """
    decoder = _DECODERS.get(encoding)
    if decoder is None:
        raise UnsupportedEncoding("The content encoding must be gzip, zstd or identity.")
    return decoder(body, limit_bytes)


def _identity(body: bytes, limit_bytes: int) -> bytes:
    if len(body) > limit_bytes:
        raise _too_large(limit_bytes)
    return body


def _gunzip(body: bytes, limit_bytes: int) -> bytes:
    document = b""
    for _ in range(_GZIP_MAX_MEMBERS):
        member = isal_zlib.decompressobj(_GZIP_WBITS)
        try:
            content = member.decompress(body, limit_bytes - len(document) + 1)
        except isal_zlib.IsalError as error:  # type: ignore[misc]  # isal's stub calls the class an instance
            raise EnvelopeInvalid("The body is not gzip, or it is damaged.") from error
        document = document + content if document else content
        if len(document) > limit_bytes:
            raise _too_large(limit_bytes)
        if not member.eof:
            raise EnvelopeInvalid("The gzip body is cut off.")
        if not member.unused_data:
            return document
        body = member.unused_data
    raise EnvelopeInvalid(f"The gzip body has over {_GZIP_MAX_MEMBERS} members.")


def _unzstd(body: bytes, limit_bytes: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        # Walked first: the reader below ends in the middle of a frame without a word.
        _check_frames(body, limit_bytes)
        # A reader, since decompress() believes the size that a frame declares, whatever its limit.
        with _THREAD.zstd.stream_reader(body, read_across_frames=True) as reader:
            while piece := reader.read(min(_ZSTD_PIECE_BYTES, limit_bytes - size + 1)):
                pieces.append(piece)
                size += len(piece)
                if size > limit_bytes:
                    raise _too_large(limit_bytes)
    except zstandard.ZstdError as error:
        raise EnvelopeInvalid("The body is not zstd, it is damaged, or its window is over 8 MiB.") from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _check_frames(body: bytes, limit_bytes: int) -> None:
    position = declared = 0
    while position < len(body) or not position:
        end, content_size = _walk_frame(body, position)
        declared += content_size
        if end > len(body):
            raise EnvelopeInvalid("The zstd body is cut off.")
        if declared > limit_bytes:
            raise _too_large(limit_bytes)
        position = end


def _walk_frame(body: bytes, start: int) -> tuple[int, int]:
    """Return where a frame ends (past the body where it is cut off) and the size that it declares."""
    head = body[start : start + _ZSTD_HEADER_MAX_BYTES]
    if int.from_bytes(head[:4], "little") in _ZSTD_SKIPPABLE:
        return start + 8 + int.from_bytes(head[4:8], "little"), 0
    frame = zstandard.get_frame_parameters(head)
    position = start + zstandard.frame_header_size(head)
    is_last = 0
    while not is_last:
        if position + 3 > len(body):
            return len(body) + 1, 0
        # RFC 8878, 3.1.1.2: last block, 1 bit; type, 2 bits; size, 21 bits.
        header = int.from_bytes(body[position : position + 3], "little")
        is_last = header & 1
        position += 3 + (1 if header >> 1 & 3 == _ZSTD_RLE_BLOCK else header >> 3)
    declared = frame.content_size
    is_unknown = declared in {zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR}
    return position + (4 if frame.has_checksum else 0), 0 if is_unknown else declared


def _too_large(limit_bytes: int) -> EnvelopeTooLarge:
    return EnvelopeTooLarge(f"The body is over {limit_bytes} bytes when decoded.")


_DECODERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "identity": _identity,
    "gzip": _gunzip,
    "zstd": _unzstd,
}

ENCODINGS = frozenset(_DECODERS)
