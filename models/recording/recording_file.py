"""An rrweb recording made elsewhere: an array of events or an object with one, plain or compressed."""

import re

import msgspec

from traceflow.models.envelope.body import decompress
from traceflow.models.envelope.events import event_headers, split_events
from traceflow.models.errors import EnvelopeInvalid, EnvelopeTooLarge, RecordingInvalid, UnsupportedEncoding

_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_LIMIT_BYTES = 1 << 30


class _Recording(msgspec.Struct):
    events: msgspec.Raw


def read_recording(content: bytes) -> tuple[bytes, ...]:
    """Return the bytes of each event, in order; raises RecordingInvalid that says what is wrong where."""
    document = _plain(content)
    try:
        events = _events_of(document)
        headers = event_headers(events)
        raw = split_events(events)
    except (msgspec.MsgspecError, EnvelopeInvalid) as error:
        raise RecordingInvalid(_where(error, document)) from error
    if not raw:
        raise RecordingInvalid("the recording has no events")
    for index, header in enumerate(headers):
        if not 0 <= header.timestamp <= 2**53:
            raise RecordingInvalid(f"events[{index}].timestamp is not a time in milliseconds")
    return raw


def _plain(content: bytes) -> bytes:
    encoding = next((name for magic, name in _MAGIC.items() if content.startswith(magic)), "identity")
    try:
        return decompress(content, encoding, limit_bytes=_LIMIT_BYTES)
    except (EnvelopeInvalid, EnvelopeTooLarge, UnsupportedEncoding) as error:
        raise RecordingInvalid(f"the {encoding} file does not unpack: {error.message}") from error


def _events_of(document: bytes) -> bytes:
    stripped = document.lstrip(b" \t\r\n")
    if not stripped:
        raise RecordingInvalid("the file is empty")
    if stripped.startswith(b"["):
        return stripped.rstrip()
    if not stripped.startswith(b"{"):
        raise RecordingInvalid("a recording is a JSON array of events, or an object with an array 'events'")
    return bytes(msgspec.json.decode(stripped, type=_Recording).events)


def _where(error: Exception, document: bytes) -> str:
    """Say what msgspec found, its byte offset told as line and column."""
    told = error.__cause__ or error
    message = str(told).replace("$", "events", 1) if "$[" in str(told) else str(told)
    offset = re.search(r"\(byte (\d+)\)", message)
    if offset is None:
        return message
    before = document[: int(offset.group(1))]
    line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
    return f"{message.replace(offset.group(0), '').strip()} at line {line}, column {column}"
