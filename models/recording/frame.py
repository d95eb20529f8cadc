"""A segment as it is stored and served: one zstd frame of NDJSON, a line per event."""

import re
from collections.abc import Iterator, Sequence

import msgspec
import zstandard

from traceflow.models.errors import RecordCorrupt
from traceflow.models.json_span import object_members

# 3 is zstd's own default: level 1 is a third faster and leaves 3 % more (research: 947 and 721 MB/s, far
# above what a shard carries).
COMPRESSION_LEVEL = 3
READ_BYTES = 64 * 1024

# A key that spells one of our two names, plainly or by escapes: a letter or its \u00xx at each place.
# What matches in another place (a nested object, a text) only costs the slow way, never a wrong line.
_NAMED_LIKE_OURS = re.compile(rb'"(?:[a-z_]|\\u00[0-9a-fA-F]{2}){9,10}"[ \t\r\n]*:')
_OUR_NAMES = frozenset({"window_id", "segment_id"})


def encode_lines(events: Sequence[bytes], *, window_id: str, segment_id: int) -> bytes:
    """Return the events as NDJSON, each with its window and segment put first.

    An event is the bytes of a JSON object, already validated. Its own members of the two names are left
    out, however often and however escaped they are spelled; all else stays byte for byte.
    """
    head = b'{"window_id":%b,"segment_id":%d' % (msgspec.json.encode(window_id), segment_id)
    return b"".join([_line(head, event) for event in events])


def encode_frame(lines: bytes) -> bytes:
    """Compress a segment's lines into one frame that carries its size and a checksum."""
    compressor = zstandard.ZstdCompressor(
        level=COMPRESSION_LEVEL, write_content_size=True, write_checksum=True
    )
    return compressor.compress(lines)


def inflate_frames(concatenated: bytes) -> Iterator[bytes]:
    """Yield what the frames hold, in pieces, reading on from each frame into the next.

    Raises RecordCorrupt where a frame is damaged or ends too early.
    """
    view = memoryview(concatenated)
    decompressor = zstandard.ZstdDecompressor()
    position = 0
    while position < len(view):
        reader = decompressor.decompressobj()
        while not reader.eof:
            piece = view[position : position + READ_BYTES]
            if not piece:
                raise RecordCorrupt("A zstd frame ends too early.")
            try:
                content = reader.decompress(piece)
            except zstandard.ZstdError as error:
                raise RecordCorrupt("A zstd frame does not decompress.") from error
            position += len(piece) - len(reader.unused_data)
            if content:
                yield content


def read_frames(concatenated: bytes) -> Iterator[bytes]:
    """Yield the lines of all frames, without their line ends."""
    begun: list[bytes] = []
    for content in inflate_frames(concatenated):
        first, *others = content.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            yield from others[:-1]
            begun = [others[-1]]
    if any(begun):
        raise RecordCorrupt("A recording ends within a line.")


def _line(head: bytes, event: bytes) -> bytes:
    # A line end outside a string separates nothing in JSON, and inside one it is not JSON.
    text = event.strip().translate(None, b"\r\n") if b"\n" in event or b"\r" in event else event.strip()
    members = text[1:-1].strip()
    if _may_name_ours(text):
        members = b",".join(
            text[member.key_start : member.value_end]
            for member in object_members(text)
            if member.key not in _OUR_NAMES
        )
    return b"%b,%b}\n" % (head, members) if members else head + b"}\n"


def _may_name_ours(text: bytes) -> bool:
    # Three plain searches are some 20 times faster than the pattern, and nearly every event ends here.
    if b"window_id" not in text and b"segment_id" not in text and b"\\u00" not in text:
        return False
    return _NAMED_LIKE_OURS.search(text) is not None
