"""An rrweb recording made elsewhere: an array of events or an object with one, plain or compressed."""

import codecs
import re

import msgspec

from traceflow.models.envelope.body import decompress
from traceflow.models.envelope.depth import check_depth
from traceflow.models.envelope.events import event_headers, split_events
from traceflow.models.envelope.surrogates import readable_copy
from traceflow.models.errors import EnvelopeInvalid, EnvelopeTooLarge, RecordingInvalid, UnsupportedEncoding

_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_LIMIT_BYTES = 1 << 30
_LATEST_MS = 2**53
_SPACE = b" \t\r\n"
# How msgspec names a place, "$[3].type", and an offset, "(byte 5)".
_ROOT = re.compile(r"\$(?=\[)")
_OFFSET = re.compile(r"\(byte (\d+)\)")
_TRUNCATED = "Input data was truncated"


class _Recording(msgspec.Struct):
    events: msgspec.Raw


def read_recording(content: bytes) -> tuple[bytes, ...]:
    """Return the bytes of each event, in order; raises RecordingInvalid that says what is wrong where."""
    document = _plain(content).removeprefix(codecs.BOM_UTF8)
    _check_text(document)
    start, end = _events_span(document)
    events = document[start:end]
    try:
        # Ingest would refuse it, half way through the file; a request is one level around the array.
        check_depth(b"[%b]" % events)
        headers = event_headers(events)
        raw = split_events(events)
    except EnvelopeInvalid as error:
        raise RecordingInvalid(_told(error.__cause__ or error, document, start=start)) from error
    if not raw:
        raise RecordingInvalid("the recording has no events")
    for index, header in enumerate(headers):
        if not 0 <= header.timestamp <= _LATEST_MS:
            raise RecordingInvalid(f"events[{index}].timestamp is not a time in milliseconds")
    return raw


def _plain(content: bytes) -> bytes:
    encoding = next((name for magic, name in _MAGIC.items() if content.startswith(magic)), "identity")
    try:
        return decompress(content, encoding, limit_bytes=_LIMIT_BYTES)
    except EnvelopeTooLarge as error:
        raise RecordingInvalid(f"the recording is over {_LIMIT_BYTES} bytes") from error
    except (EnvelopeInvalid, UnsupportedEncoding) as error:
        raise RecordingInvalid(f"the {encoding} file does not unpack: {error.message}") from error


def _check_text(document: bytes) -> None:
    try:
        document.decode()
    except UnicodeDecodeError as error:
        raise RecordingInvalid(f"the text is not UTF-8 at {_position(document, error.start)}") from error


def _events_span(document: bytes) -> tuple[int, int]:
    """Return where the array of events begins and ends."""
    start = len(document) - len(document.lstrip(_SPACE))
    end = len(document.rstrip(_SPACE))
    if start >= end:
        raise RecordingInvalid("the file is empty")
    if document[start] == ord("["):
        return start, end
    if document[start] != ord("{"):
        raise RecordingInvalid("a recording is a JSON array of events, or an object with an array 'events'")
    readable = readable_copy(document)
    try:
        events = bytes(msgspec.json.decode(readable, type=_Recording).events)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RecordingInvalid(_told(error, document, start=0)) from error
    found = readable.index(events)
    return found, found + len(events)


def _told(error: BaseException, document: bytes, *, start: int) -> str:
    """Say what was found, its byte offset told as line and column; the text began at ``start``."""
    if isinstance(error, RecursionError):
        return "the JSON is nested too deep"
    if str(error) == _TRUNCATED:
        return f"the JSON is cut off: it ends at {_position(document, len(document.rstrip(_SPACE)))}"
    message = _ROOT.sub("events", str(error), count=1)
    offset = _OFFSET.search(message)
    if offset is None:
        return message
    position = _position(document, start + int(offset[1]))
    return f"{message.replace(offset[0], '').strip()} at {position}"


def _position(document: bytes, offset: int) -> str:
    before = document[:offset]
    line_start = before.rfind(b"\n") + 1
    line = before.count(b"\n") + 1
    return f"line {line}, column {len(before) - line_start + 1}"
