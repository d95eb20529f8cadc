"""Hop 4's memory twin: the port SegmentStream without Redis, for tests and benchmarks."""

from collections import Counter

from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import SegmentConflict
from traceflow.models.outcome import Count, Outcome
from traceflow.models.ports import Appended
from traceflow.models.session.key import SessionKey


class MemoryStream:
    """Keeps what was appended in ``entries``, and in ``counts`` the segments that ended here.

    As in Redis, ``append`` itself counts duplicates and conflicts.
    """

    def __init__(self) -> None:
        self.entries: list[Envelope] = []
        self.counts: Counter[tuple[str, str, Outcome, str]] = Counter()
        self._hashes: dict[tuple[SessionKey, str, int], bytes] = {}

    async def append(self, envelope: Envelope) -> Appended:
        """Append once; see the port."""
        place = (envelope.session, envelope.window_id, envelope.segment_id)
        known = self._hashes.get(place)
        if known is None:
            self._hashes[place] = envelope.content_hash
            self.entries.append(envelope)
            return Appended(is_duplicate=False)
        if known == envelope.content_hash:
            self._count(envelope.session, Outcome.FILTERED, "duplicate")
            return Appended(is_duplicate=True)
        self._count(envelope.session, Outcome.INVALID, "conflict")
        raise SegmentConflict("This segment_id was accepted before with other events.", path="segment_id")

    def count(self, count: Count) -> None:
        """Note an outcome; see the port."""
        self.counts[(count.tenant_id, count.project_id, count.outcome, count.reason)] += count.segments

    def _count(self, session: SessionKey, outcome: Outcome, reason: str) -> None:
        self.count(
            Count(tenant_id=session.tenant_id, project_id=session.project_id, outcome=outcome, reason=reason)
        )
