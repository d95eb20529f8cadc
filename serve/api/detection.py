"""The routes of detection: any events through any profile, and what the profiles are."""

import asyncio

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from traceflow.models.detection.profile import profile_with
from traceflow.models.detection.report import DetectReport, ProfilesDocument, detect_report, profiles_document
from traceflow.models.envelope.body import decompress
from traceflow.models.envelope.depth import check_depth
from traceflow.models.envelope.events import split_events
from traceflow.models.envelope.surrogates import readable_copy
from traceflow.models.errors import EnvelopeInvalid, RequestInvalid
from traceflow.models.wire.segment import EventHeader
from traceflow.serve.api.body import check_json, misfit, read_body
from traceflow.serve.api.responses import JsonDocument

MAX_DETECT_BYTES = 64 * 1024 * 1024
# About a millisecond of work; more of it would hold up every other request of the process.
INLINE_BYTES = 64 * 1024
# A body of 64 MiB is seconds of work and several times its size in memory.
LARGE_AT_ONCE = 2

_REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["events"],
                    "properties": {
                        "profile": {"type": "string", "default": "default"},
                        "parameters": {"type": "object", "additionalProperties": {"type": "number"}},
                        "events": {"type": "array", "items": {"type": "object"}},
                    },
                }
            }
        },
    }
}


class DetectWire(msgspec.Struct, frozen=True):
    """The body of ``POST /api/v1/detect``; unknown fields are ignored."""

    events: msgspec.Raw
    profile: str = "default"
    parameters: dict[str, object] = {}


_DETECT = msgspec.json.Decoder(DetectWire)
_HEADERS = msgspec.json.Decoder(list[EventHeader])


class DetectionRoutes:
    """Hop 11. Hop 5's detectors, asked by hand."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/detect", tags=["detection"])
        router.add_api_route(
            "", self.detect, methods=["POST"], response_model=DetectReport, openapi_extra=_REQUEST_BODY
        )
        router.add_api_route("/profiles", self.list_profiles, response_model=ProfilesDocument)
        return router

    async def detect(self, request: Request) -> Response:
        """Run a detection profile over the events of one window, in the order given."""
        encoding = _content_encoding(request)
        body = await read_body(request, limit_bytes=MAX_DETECT_BYTES)
        # A body that is compressed may be large however little of it was sent.
        if len(body) <= INLINE_BYTES and encoding == "identity":
            return JsonDocument(_detect(body, encoding))
        async with self._large:
            return JsonDocument(await asyncio.to_thread(_detect, body, encoding))

    async def list_profiles(self) -> Response:
        """Describe every profile, its thresholds and their reasons."""
        return JsonDocument(profiles_document())


def _detect(body: bytes, encoding: str) -> DetectReport:
    try:
        document = decompress(body, encoding, limit_bytes=MAX_DETECT_BYTES)
        wire, events = _decode(document)
    except EnvelopeInvalid as error:
        # It is no envelope here; what is wrong with it is the same.
        raise RequestInvalid(error.message, **error.context) from error
    return detect_report(events, profile=profile_with(wire.profile, wire.parameters))


def _decode(document: bytes) -> tuple[DetectWire, tuple[bytes, ...]]:
    check_depth(document)
    readable = readable_copy(document)
    try:
        document.decode("utf-8")
        wire = _DETECT.decode(readable)
    except UnicodeDecodeError as error:
        raise RequestInvalid(f"The body is not UTF-8 (byte {error.start}).") from error
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise misfit(error, inside="") from error
    raw = bytes(wire.events)
    try:
        _HEADERS.decode(raw)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise misfit(error, inside="events") from error
    return wire, split_events(raw)


def _content_encoding(request: Request) -> str:
    check_json(request)
    return request.headers.get("content-encoding", "").strip().lower() or "identity"
