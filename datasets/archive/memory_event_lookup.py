"""Recorded events in memory: the twin of the lookup that reads the archive."""

from collections.abc import Mapping, Sequence

from traceflow.models.errors import NotFound
from traceflow.models.insight.recorded_event import EventPlace, RecordedEvents, recorded_event
from traceflow.models.session.key import SessionKey

Segments = Mapping[tuple[str, int], Sequence[bytes]]


class MemoryEventLookup:
    """Holds each session's segments by window and number, their events as JSON."""

    def __init__(self, sessions: Mapping[SessionKey, Segments]) -> None:
        self._sessions = sessions

    async def find_events(self, session: SessionKey, places: Sequence[EventPlace]) -> RecordedEvents:
        segments = self._sessions.get(session)
        if segments is None:
            raise NotFound("There is no such session.")
        found = ((place, segments.get((place.window_id, place.segment_id), ())) for place in places)
        return RecordedEvents(
            window_ids=frozenset(window_id for window_id, _ in segments),
            events=tuple(
                recorded_event(events[place.event_index], place=place)
                for place, events in found
                if 0 <= place.event_index < len(events)
            ),
        )
