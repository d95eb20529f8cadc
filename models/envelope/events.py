"""The events of a segment, each as its own bytes; what was admitted can be split."""

import msgspec

from traceflow.models.envelope.surrogates import readable_copy
from traceflow.models.errors import EnvelopeInvalid
from traceflow.models.wire.segment import EventHeader

_RAW_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])
_HEADERS = msgspec.json.Decoder(list[EventHeader])


def split_events(events: bytes) -> tuple[bytes, ...]:
    """Return the bytes of each event, as sent; raises EnvelopeInvalid where they are no array of objects."""
    readable = readable_copy(events)
    try:
        raw = _RAW_EVENTS.decode(readable)
    except (msgspec.DecodeError, RecursionError) as error:
        raise EnvelopeInvalid("The events are no JSON array.", path="events") from error
    if readable is events:
        return tuple(map(bytes, raw))
    return _cut(events, readable, [len(bytes(event)) for event in raw])


def event_headers(events: bytes) -> list[EventHeader]:
    """Return the type and time of each event."""
    try:
        return _HEADERS.decode(readable_copy(events))
    except (msgspec.DecodeError, RecursionError) as error:
        raise EnvelopeInvalid("The events are no array of events.", path="events") from error


def _cut(events: bytes, readable: bytes, lengths: list[int]) -> tuple[bytes, ...]:
    pieces: list[bytes] = []
    position = 0
    for length in lengths:
        # Between two events stand a comma and spaces only, and each begins with its brace.
        position = readable.index(b"{", position)
        pieces.append(events[position : position + length])
        position += length
    return tuple(pieces)
