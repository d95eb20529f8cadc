"""The route of server-sent events: sessions, signals and insights as they appear."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

import msgspec
import structlog
from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from traceflow.models.errors import RateLimited, RequestInvalid, TraceFlowError
from traceflow.models.ports import Feed, Notice
from traceflow.serve.api.sessions import Caller

log = structlog.get_logger()

EVENT_STREAM = "text/event-stream"
# Proxies close what is silent for a minute or less; a gone client is noticed by the next write.
HEARTBEAT_S = 10.0
RETRY_MS = 2000
# Who may listen is asked when a stream begins, so that it ends: what signed out or was revoked is not let in
# again, and everybody else goes on after the last position.
LONGEST_S = 300.0
# Each listener holds one of the replica's request slots for as long as it listens.
MAX_LISTENERS = 64

# Redis's own spelling: milliseconds and a number, of 64 bits each.
_POSITION = re.compile(r"([0-9]{1,20})-([0-9]{1,20})")
_MAX_POSITION = 2**64 - 1


class NoticeRoutes:
    """Hop 11. The port Feed as server-sent events."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._listeners = 0

    def router(self) -> APIRouter:
        """Return the one route."""
        router = APIRouter(tags=["stream"])
        router.add_api_route(
            "/stream",
            self.stream,
            response_class=StreamingResponse,
            responses={200: {"content": {EVENT_STREAM: {}}, "description": "Server-sent events."}},
        )
        return router

    async def stream(self, caller: Caller, last_event_id: Annotated[str | None, Header()] = None) -> Response:
        """Send what becomes readable, from now on or from after `Last-Event-ID`, for five minutes."""
        after = _checked_position(last_event_id)
        if self._listeners >= MAX_LISTENERS:
            raise RateLimited("Too many listen already.", retry_after_s=RETRY_MS / 1000, category="stream")
        notices = self._feed.listen(tenant_id=caller.tenant_id, project_id=caller.project_id, after=after)
        return StreamingResponse(self._lines(notices), media_type=EVENT_STREAM)

    async def _lines(self, notices: AsyncIterator[tuple[str, Notice]]) -> AsyncGenerator[bytes, None]:
        self._listeners += 1
        waiting = asyncio.ensure_future(anext(notices))
        clock = asyncio.get_running_loop().time
        ends_at_s = clock() + LONGEST_S
        try:
            yield b"retry: %d\n\n" % RETRY_MS
            while (left_s := ends_at_s - clock()) > 0:
                done, _ = await asyncio.wait({waiting}, timeout=min(HEARTBEAT_S, left_s))
                if not done:
                    yield b": still here\n\n"
                    continue
                yield _line(*waiting.result())
                waiting = asyncio.ensure_future(anext(notices))
        except (TraceFlowError, StopAsyncIteration) as error:
            # The client comes again by itself, and goes on after the last position that it has.
            log.info("notice_stream_ended", reason=type(error).__name__)
        finally:
            self._listeners -= 1
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


def _line(position: str, notice: Notice) -> bytes:
    named = {"kind": notice.kind, "session_id": notice.session.session_id}
    content = {**named, **notice.fields, **named}
    # JSON escapes line ends, so that the text stays on one data line.
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (
        position.encode(),
        notice.kind.encode(),
        msgspec.json.encode(content),
    )


def _checked_position(last_event_id: str | None) -> str | None:
    if not last_event_id:
        return None
    parts = _POSITION.fullmatch(last_event_id)
    if parts is None or max(map(int, parts.groups())) > _MAX_POSITION:
        raise RequestInvalid("This is no position of this stream.", path="Last-Event-ID")
    return last_event_id
