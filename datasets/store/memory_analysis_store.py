"""The memory twin of ``AnalysisStore``: for tests and for workflows run without a database."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from traceflow.models.errors import NotFound
from traceflow.models.insight.finding import Insight
from traceflow.models.llm.usage_record import UsageRecord
from traceflow.models.session.facts import SessionFacts
from traceflow.models.session.key import SessionKey


class MemoryAnalysisStore:
    """Facts given at the start, insights and usage kept by their ids."""

    def __init__(self, facts: Iterable[SessionFacts] = ()) -> None:
        self._facts = {each.session: each for each in facts}
        self._insights: dict[tuple[SessionKey, str], tuple[int, Insight]] = {}
        self._usage: dict[tuple[str, str], UsageRecord] = {}

    @property
    def usage(self) -> tuple[UsageRecord, ...]:
        """Return what was recorded, in order."""
        return tuple(self._usage.values())

    async def session_facts(self, session: SessionKey, *, revision: int) -> SessionFacts:
        return replace(self._known(session), revision=revision)

    async def store_insight(self, session: SessionKey, insight: Insight, *, revision: int) -> None:
        self._insights[(session, insight.insight_id)] = (revision, insight)

    async def record_usage(self, records: Sequence[UsageRecord]) -> None:
        for record in records:
            self._usage.setdefault((record.session.tenant_id, record.usage_id), record)

    async def insights(self, session: SessionKey) -> tuple[Insight, ...]:
        """Return the session's insights, the newest revision first; raises NotFound."""
        self._known(session)
        found = [stored for (owner, _), stored in self._insights.items() if owner == session]
        return tuple(insight for _, insight in sorted(found, key=lambda one: one[0], reverse=True))

    def _known(self, session: SessionKey) -> SessionFacts:
        if session not in self._facts:
            raise NotFound("There is no such session.")
        return self._facts[session]
