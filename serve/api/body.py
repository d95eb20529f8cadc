"""Bodies of requests: read within a bound, and decoded as what a route takes."""

import asyncio
from typing import TypeVar

import msgspec
from fastapi import Request
from starlette.requests import ClientDisconnect

from traceflow.models.errors import EnvelopeTooLarge, RequestInvalid, UnsupportedEncoding

Document = TypeVar("Document")

# What a form of the dashboard sends is a tenth of this.
MAX_DOCUMENT_BYTES = 64 * 1024
# A sign-in needs no key: whoever sends slowly must not hold a request slot for long.
DOCUMENT_TIMEOUT_S = 10.0


async def read_body(request: Request, *, limit_bytes: int) -> bytes:
    """Return the body; raises EnvelopeTooLarge, and RequestInvalid where it was cut off."""
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit_bytes:
                raise EnvelopeTooLarge(f"The body is over {limit_bytes} bytes.")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise RequestInvalid("The body was cut off.") from error
    return b"".join(pieces)


async def read_document(request: Request, kind: type[Document]) -> Document:
    """Return a small JSON body as this type; unknown fields are ignored. Raises RequestInvalid."""
    check_json(request)
    try:
        async with asyncio.timeout(DOCUMENT_TIMEOUT_S):
            body = await read_body(request, limit_bytes=MAX_DOCUMENT_BYTES)
        return msgspec.json.decode(body, type=kind)
    except TimeoutError as error:
        raise RequestInvalid(f"The body did not come within {DOCUMENT_TIMEOUT_S:.0f} s.") from error
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise misfit(error, inside="") from error


def check_json(request: Request) -> None:
    """Refuse what does not say that it is JSON: no page elsewhere can send that without being asked first."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedEncoding("The content type must be application/json.")


def misfit(error: Exception, *, inside: str) -> RequestInvalid:
    """Turn msgspec's ``… - at `$[3].timestamp` `` inside ``events`` into the path ``events[3].timestamp``."""
    detail, _, place = str(error).partition(" - at `$")
    steps = place.rstrip("`").removeprefix(".") if not inside else place.rstrip("`")
    missing = detail.split("`")[1] if detail.startswith("Object missing") else ""
    path = ".".join(step for step in (inside + steps, missing) if step)
    return RequestInvalid(f"{detail}.", path=path) if path else RequestInvalid(f"{detail}.")
