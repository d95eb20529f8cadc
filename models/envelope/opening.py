"""Hop 1. From the bytes of a request to an envelope: bounded, decompressed, checked."""

import re
from dataclasses import dataclass

from traceflow.models.envelope.body import MAX_DOCUMENT_BYTES, decompress
from traceflow.models.envelope.decode import content_hash, decode_segment
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.session.key import SessionKey
from traceflow.models.wire.segment import SdkWire

UNKNOWN = "other"

# What is stored of an SDK is not redacted, so nothing that could hold personal data gets through: a name is
# letters (and two digits at its end), a version has three short numbers at most and no room for an address.
_SDK_NAME = re.compile(r"(?=.{1,32}\Z)[A-Za-z]+(?:[-_./ ][A-Za-z]+)*[0-9]{0,2}\Z")
_SDK_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}(?:[-.]?(?:alpha|beta|rc|dev)[.-]?[0-9]{0,3})?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A request's body, and what is known of it before it is read."""

    session: SessionKey
    received_at_ms: int
    encoding: str
    body: bytes


def open_envelope(arrival: Arrival, *, hash_key: bytes, limit_bytes: int = MAX_DOCUMENT_BYTES) -> Envelope:
    """Decompress, decode and check; raises the errors of ``decompress`` and ``decode_segment``."""
    document = decompress(arrival.body, arrival.encoding, limit_bytes=limit_bytes)
    segment = decode_segment(document)
    fields = segment.fields
    return Envelope(
        session=arrival.session,
        window_id=fields.window_id,
        segment_id=fields.segment_id,
        sent_at_ms=fields.sent_at_ms,
        received_at_ms=arrival.received_at_ms,
        is_final=fields.final,
        sdk=sdk_label(fields.sdk),
        visitor=segment.visitor,
        events=segment.events,
        event_count=segment.event_count,
        content_hash=content_hash(segment.events, key=hash_key),
    )


def sdk_label(sdk: SdkWire) -> str:
    """Name an SDK as ``web/1.0.0``; what does not look like a name or a version becomes ``other``."""
    name = sdk.name if _SDK_NAME.match(sdk.name) else UNKNOWN
    version = sdk.version if _SDK_VERSION.match(sdk.version) else UNKNOWN
    return f"{name}/{version}"
