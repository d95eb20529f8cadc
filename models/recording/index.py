"""The segment index: a row per stored segment, from which a recording is read back in order."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from traceflow.models.session.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentIndexEntry:
    """One stored segment: what it holds, and where the archive put it (a ``FrameAddress``).

    The timestamps are the smallest and largest of its events, None where it has none; ``has_full_snapshot``
    is None where nobody has looked.
    """

    window_id: str
    segment_id: int
    content_hash: bytes
    events: int
    min_timestamp_ms: int | None
    max_timestamp_ms: int | None
    is_final: bool
    received_at_ms: int
    stream_id: str
    object_key: str
    block_offset: int
    block_length: int
    frame_offset: int
    frame_length: int
    has_full_snapshot: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingIndex:
    """Everything that reading a recording needs: its wrapped key, and its entries in recording order."""

    wrapped_key: bytes
    entries: tuple[SegmentIndexEntry, ...]


def recording_order(entries: Iterable[SegmentIndexEntry]) -> tuple[SegmentIndexEntry, ...]:
    """Sort by window (its smallest timestamp, then its id), then segment; a window without events is last."""
    listed = tuple(entries)
    starts: dict[str, float] = defaultdict(lambda: float("inf"))
    for entry in listed:
        if entry.min_timestamp_ms is not None:
            starts[entry.window_id] = min(starts[entry.window_id], entry.min_timestamp_ms)
    return tuple(sorted(listed, key=lambda one: (starts[one.window_id], one.window_id, one.segment_id)))


def windows_of(entries: Iterable[SegmentIndexEntry]) -> tuple[Window, ...]:
    """Gather the windows, by id, with what has come of each."""
    segment_ids: dict[str, set[int]] = defaultdict(set)
    finals: dict[str, int] = {}
    for entry in entries:
        segment_ids[entry.window_id].add(entry.segment_id)
        if entry.is_final:
            finals[entry.window_id] = max(entry.segment_id, finals.get(entry.window_id, 0))
    return tuple(
        Window(window_id=window_id, segment_ids=frozenset(ids), final_segment_id=finals.get(window_id))
        for window_id, ids in sorted(segment_ids.items())
    )
