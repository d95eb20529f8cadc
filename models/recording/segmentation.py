"""Cuts a recording into segments the way an SDK sends them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from traceflow.models.envelope.events import event_headers
from traceflow.models.errors import RecordingInvalid

# ARCHITECTURE's SDK: at once after the full snapshot, then every 5 s or 100 KB.
_SPAN_MS = 5_000
_SIZE_BYTES = 100 * 1024
_EVENTS = 1_000
_FULL_SNAPSHOT = 2
# What a segment may hold decoded, less its envelope (ARCHITECTURE section 6).
_LARGEST_EVENT_BYTES = 64 * 1024 * 1024 - 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSegment:
    """One request's worth of events, with the recorded times of its first and last."""

    segment_id: int
    events: tuple[bytes, ...]
    first_ms: float
    last_ms: float
    is_final: bool

    def document(self, *, window_id: bytes, sdk: bytes, visitor: bytes, sent_at_ms: int) -> bytes:
        """Return the request's body; the arguments of bytes are JSON already, the events stay as they are."""
        return b"".join(
            (
                b'{"window_id":' + window_id,
                b',"segment_id":%d,"sent_at_ms":%d' % (self.segment_id, sent_at_ms),
                b',"final":true' if self.is_final else b',"final":false',
                b',"sdk":' + sdk + b',"visitor":' + visitor,
                b',"events":[' + b",".join(self.events) + b"]}",
            )
        )


def cut_segments(events: Sequence[bytes]) -> tuple[CutSegment, ...]:
    """Cut; the same recording is always cut alike, so that sending it again sends the same segments."""
    headers = event_headers(b"[" + b",".join(events) + b"]")
    for index, event in enumerate(events):
        if len(event) > _LARGEST_EVENT_BYTES:
            raise RecordingInvalid(f"events[{index}] is {len(event)} bytes: over what one segment may hold")
    times = [header.timestamp for header in headers]
    cuts = list(_cuts(events, [header.type for header in headers], times))
    ranges = list(zip([0, *cuts], [*cuts, len(events)], strict=True))
    return tuple(
        CutSegment(
            segment_id=segment_id,
            events=tuple(events[first:end]),
            first_ms=times[first],
            last_ms=times[end - 1],
            is_final=segment_id == len(ranges) - 1,
        )
        for segment_id, (first, end) in enumerate(ranges)
    )


def _cuts(events: Sequence[bytes], types: Sequence[int], times: Sequence[float]) -> Iterator[int]:
    start, size = 0, 0
    for index, event in enumerate(events):
        is_full = index > start and (
            size + len(event) > _SIZE_BYTES
            or times[index] - times[start] >= _SPAN_MS
            or index - start >= _EVENTS
            or (start == 0 and types[index - 1] == _FULL_SNAPSHOT)
        )
        if is_full:
            yield index
            start, size = index, 0
        size += len(event)
