"""Where a segment's frame lies: which object, which block of it, which bytes of the opened block."""

from dataclasses import dataclass
from typing import Protocol

from traceflow.models.session.key import SessionKey


class FrameAddress(Protocol):
    """What reading a frame needs of an index row; offsets of frames count in the decrypted block."""

    @property
    def object_key(self) -> str: ...
    @property
    def block_offset(self) -> int: ...
    @property
    def block_length(self) -> int: ...
    @property
    def frame_offset(self) -> int: ...
    @property
    def frame_length(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFrame:
    """A segment of one window, as one zstd frame."""

    window_id: str
    segment_id: int
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFrames:
    """What one flush holds of one session, and the session's data key as its tenant's key wrapped it."""

    session: SessionKey
    wrapped_key: bytes
    frames: tuple[SegmentFrame, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPlacement:
    """Where the archive put a segment: a ``FrameAddress`` with the segment's own name."""

    session: SessionKey
    window_id: str
    segment_id: int
    object_key: str
    block_offset: int
    block_length: int
    frame_offset: int
    frame_length: int
