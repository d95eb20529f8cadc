"""A whole answer of the door: status, header lines, body. Any page of any origin may read it."""

from dataclasses import dataclass

CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-TraceFlow-Rate-Limits"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, CORS included."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
