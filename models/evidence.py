"""Where in a recording something is: the E of the API contract."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Evidence:
    """One recorded event, by its place and its own time.

    ``event_index`` counts from 0 within the segment; ``at_ms`` is the event's ``timestamp`` as recorded.
    """

    window_id: str
    segment_id: int
    event_index: int
    at_ms: int
