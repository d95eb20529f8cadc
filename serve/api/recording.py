"""The route of a session's recording: its frames one after another, or the lines in them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Annotated

import structlog
from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from traceflow.models.errors import TraceFlowError
from traceflow.models.ports import RecordingReader, SessionReader
from traceflow.models.recording.frame import inflate_frames
from traceflow.serve.api.negotiation import prefers_zstd
from traceflow.serve.api.sessions import Caller, session_key

log = structlog.get_logger()

NDJSON = "application/x-ndjson"
# What a frame of this size holds is inflated in well under a millisecond.
_INLINE_BYTES = 16 * 1024


class RecordingBrokenOff(Exception):
    """Ends the connection; none of ours, for which there would be an answer to send."""


class RecordingRoutes:
    """Hop 11. What the player plays."""

    def __init__(self, sessions: SessionReader, recordings: RecordingReader) -> None:
        self._sessions = sessions
        self._recordings = recordings

    def router(self) -> APIRouter:
        """Return the one route."""
        router = APIRouter(prefix="/sessions", tags=["sessions"])
        router.add_api_route(
            "/{session_id}/recording",
            self.recording,
            response_class=StreamingResponse,
            responses={200: {"content": {NDJSON: {}}, "description": "A line per event."}},
        )
        return router

    async def recording(
        self,
        caller: Caller,
        session_id: str,
        accept_encoding: Annotated[list[str] | None, Header()] = None,
    ) -> Response:
        """Return the events window by window, as NDJSON; zstd frames where they are accepted."""
        session = session_key(caller, session_id)
        index = await self._sessions.recording_index(session)
        pieces = self._recordings.read(session, wrapped_key=index.wrapped_key, entries=index.entries)
        # Before the status is sent: an archive that is down is a 503, and not half an answer.
        first = await anext(pieces, None)
        headers = {"vary": "Accept-Encoding"}
        if first is None:
            return Response(media_type=NDJSON, headers=headers)
        if prefers_zstd(",".join(accept_encoding or ())):
            headers["content-encoding"] = "zstd"
            return StreamingResponse(_noted(_rejoined(first, pieces)), media_type=NDJSON, headers=headers)
        return StreamingResponse(
            _noted(_inflated(_rejoined(first, pieces))), media_type=NDJSON, headers=headers
        )


async def _rejoined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        yield first
        async for piece in rest:
            yield piece
    finally:
        await rest.aclose()


async def _inflated(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        async for frames in pieces:
            contents = inflate_frames(frames)
            while content := await _next(contents, len(frames)):
                yield content
    finally:
        await pieces.aclose()


async def _next(contents: Iterator[bytes], frames_bytes: int) -> bytes:
    if frames_bytes <= _INLINE_BYTES:
        return next(contents, b"")
    return await asyncio.to_thread(next, contents, b"")


async def _noted(pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    try:
        async for piece in pieces:
            yield piece
    except TraceFlowError as error:
        # The status is out: breaking the connection off is the one way left to say so.
        log.warning("recording_broken_off", code=error.code, reason=error.message)
        raise RecordingBrokenOff from error
    finally:
        await pieces.aclose()
