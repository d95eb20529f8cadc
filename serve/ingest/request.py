"""Hop 1. What ingest reads of a request: its head, its key and, within bounds, its body."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qs

from traceflow.models.envelope.body import MAX_BODY_BYTES
from traceflow.models.errors import EnvelopeInvalid, EnvelopeTooLarge, UnsupportedEncoding
from traceflow.serve.access import bearer_token

# ASGI's own types: the one place where a mapping of anything is what the protocol gives.
Scope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]

IDENTITY = "identity"
# As SDKs and beacons send them; other spellings are parsed.
_PLAIN_TYPES = frozenset({"application/json", "text/plain;charset=UTF-8", "text/plain"})
_MEDIA_TYPES = frozenset({"application/json", "text/plain"})
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """The header lines that ingest reads; a line that is given twice is joined by a comma."""

    authorization: str | None
    content_type: str
    content_encoding: str
    content_length: str | None


def read_head(scope: Scope) -> RequestHead:
    """Pick the header lines."""
    lines: dict[bytes, bytes] = {}
    for name, line in scope["headers"]:
        if name in lines:
            lines[name] = lines[name] + b", " + line
        else:
            lines[name] = line
    authorization = lines.get(b"authorization")
    length = lines.get(b"content-length")
    return RequestHead(
        authorization=None if authorization is None else authorization.decode("latin-1"),
        content_type=lines.get(b"content-type", b"").decode("latin-1"),
        content_encoding=lines.get(b"content-encoding", b"").decode("latin-1"),
        content_length=None if length is None else length.decode("latin-1"),
    )


def find_key(head: RequestHead, query: bytes) -> str | None:
    """Return the API key of the header; else, since a beacon cannot set one, of ``?key=``."""
    key = bearer_token(head.authorization)
    if key is not None or not query:
        return key
    keys = parse_qs(query.decode("latin-1")).get("key")
    return keys[0] if keys else None


def check_content_type(content_type: str) -> None:
    """Raise UnsupportedEncoding for what is not JSON in UTF-8."""
    if content_type in _PLAIN_TYPES:
        return
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "utf-8")
    if content_type.split(";", maxsplit=1)[0].strip().lower() not in _MEDIA_TYPES:
        raise UnsupportedEncoding("The content type must be application/json, or text/plain for beacons.")
    if str(charset).lower() not in _CHARSETS:
        raise UnsupportedEncoding("The charset must be UTF-8.")


def encoding_of(head: RequestHead) -> str:
    """Return the content encoding, in lower case; a list stays one, and is unknown as such."""
    return head.content_encoding.strip().lower() or IDENTITY


def check_length(head: RequestHead) -> None:
    """Raise EnvelopeTooLarge for a body that is announced over the limit."""
    length = head.content_length
    if length is None:
        return
    if not (length.isascii() and length.isdigit()):
        raise EnvelopeInvalid("Content-Length is no number.")
    # Compared by length first: int() of a very long number is an error of its own.
    digits = length.lstrip("0")
    if len(digits) > len(str(MAX_BODY_BYTES)) or int(digits or "0") > MAX_BODY_BYTES:
        raise _too_large()


async def read_body(receive: Receive, *, timeout_s: float) -> bytes | None:
    """Return the whole body, or None where the client has gone.

    Raises EnvelopeTooLarge as soon as more than the limit has come, TimeoutError where it comes too slowly.
    """
    async with asyncio.timeout(timeout_s):
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            _check_size(body)
            return body
        return await _read_pieces(message, receive)


async def _read_pieces(message: AsgiMessage, receive: Receive) -> bytes | None:
    pieces = bytearray()
    while message["type"] == "http.request":
        pieces += message.get("body", b"")
        _check_size(pieces)
        if not message.get("more_body", False):
            return bytes(pieces)
        message = await receive()
    return None


def _check_size(body: bytes | bytearray) -> None:
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()


def _too_large() -> EnvelopeTooLarge:
    return EnvelopeTooLarge(f"The body is over {MAX_BODY_BYTES} bytes as sent.")
