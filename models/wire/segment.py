"""Hop 1. A segment as an SDK sends it; what no code reads stays raw."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

WINDOW_ID_PATTERN = r"^[A-Za-z0-9._-]{1,128}\Z"
MAX_SEGMENT_ID = 2**31 - 1
# The largest number of milliseconds that every JSON reader keeps exactly (an IEEE double's 2^53).
MAX_TIME_MS = 2**53

TimeMs = Annotated[int, Meta(ge=0, le=MAX_TIME_MS)]


class EventHeader(Struct, frozen=True, gc=False):
    """The two members that every event must have; the rest of an event is not decoded here.

    ``type`` must be written as an integer: 3.0 and 3e0 are not, nor are booleans.
    """

    type: int
    timestamp: TimeMs | Annotated[float, Meta(ge=0, le=MAX_TIME_MS)]


class SdkWire(Struct, frozen=True, gc=False):
    """Which SDK sent the segment."""

    name: str
    version: str


class VisitorWire(Struct, frozen=True):
    """Who was recorded, as the SDK knows them."""

    anonymous_id: str
    identified_id: str | None = None
    traits: dict[str, msgspec.Raw] | None = None


class SegmentWire(Struct, frozen=True):
    """The body of ``POST /ingest/v1/sessions/{session_id}/segments``; unknown fields are ignored."""

    window_id: Annotated[str, Meta(pattern=WINDOW_ID_PATTERN)]
    segment_id: Annotated[int, Meta(ge=0, le=MAX_SEGMENT_ID)]
    sent_at_ms: TimeMs
    sdk: SdkWire
    visitor: msgspec.Raw
    events: msgspec.Raw
    final: bool = False
