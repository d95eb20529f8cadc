"""One browser tab within a session: which of its segments have come, and which are missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

# A report that lists more missing segments than this helps nobody.
_GAPS_NAMED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The segments of a window that have arrived.

    ``final_segment_id`` is the highest segment that the SDK marked final, None where it marked none.
    """

    window_id: str
    segment_ids: frozenset[int]
    final_segment_id: int | None = None

    @property
    def gaps(self) -> tuple[int, ...]:
        """Return the segment numbers that are missing below the highest that has come, 1000 at most."""
        return tuple(islice(_missing(self.segment_ids), _GAPS_NAMED))

    @property
    def is_complete(self) -> bool:
        """Tell whether the final segment has come, none above it, and none below is missing."""
        final = self.final_segment_id
        return final is not None and max(self.segment_ids) == final and len(self.segment_ids) == final + 1


def _missing(segment_ids: Iterable[int]) -> Iterable[int]:
    # Ranges between neighbours, not a scan from 0: a stray high number must not cost a loop over billions.
    expected = 0
    for segment_id in sorted(segment_ids):
        yield from range(expected, segment_id)
        expected = segment_id + 1
