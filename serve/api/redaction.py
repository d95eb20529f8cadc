"""The route that shows what redaction masked in a stored session, and where."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from traceflow.models.ports import RecordingReader, SessionReader
from traceflow.models.recording.frame import read_frames
from traceflow.models.redaction.place import TokenFinder, TokenPlace
from traceflow.serve.api.body import read_document
from traceflow.serve.api.responses import JsonDocument
from traceflow.serve.api.sessions import Caller, session_key

MAX_PLACES = 500
DEFAULT_PLACES = 100
_REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["session_id"],
                    "properties": {
                        "session_id": {"type": "string"},
                        "limit": {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": MAX_PLACES,
                            "default": DEFAULT_PLACES,
                        },
                    },
                }
            }
        },
    }
}


class PreviewWire(msgspec.Struct, frozen=True):
    """The body of ``POST /api/v1/redaction/preview``."""

    session_id: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PLACES)] = DEFAULT_PLACES


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlaces:
    """The first tokens of a recording, in its order."""

    items: tuple[TokenPlace, ...]


class RedactionRoutes:
    """Stored tokens by place."""

    def __init__(self, sessions: SessionReader, recordings: RecordingReader) -> None:
        self._sessions = sessions
        self._recordings = recordings

    def router(self) -> APIRouter:
        """Return the one route."""
        router = APIRouter(prefix="/redaction", tags=["redaction"])
        router.add_api_route(
            "/preview",
            self.preview,
            methods=["POST"],
            response_model=TokenPlaces,
            openapi_extra=_REQUEST_BODY,
        )
        return router

    async def preview(self, request: Request, caller: Caller) -> Response:
        """Tell which tokens stand where in a session's recording."""
        wire = await read_document(request, PreviewWire)
        session = session_key(caller, wire.session_id)
        index = await self._sessions.recording_index(session)
        pieces = self._recordings.read(session, wrapped_key=index.wrapped_key, entries=index.entries)
        try:
            return JsonDocument(TokenPlaces(items=await _first(pieces, wire.limit)))
        finally:
            await pieces.aclose()


async def _first(pieces: AsyncIterator[bytes], limit: int) -> tuple[TokenPlace, ...]:
    finder = TokenFinder()
    found: list[TokenPlace] = []
    async for frames in pieces:
        found += await asyncio.to_thread(_found, finder, frames, limit - len(found))
        if len(found) >= limit:
            break
    return tuple(found)


def _found(finder: TokenFinder, frames: bytes, limit: int) -> list[TokenPlace]:
    return list(islice(finder.find(read_frames(frames)), limit))
