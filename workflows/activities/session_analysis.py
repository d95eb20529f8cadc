"""Hops 8-10. The activities of a session's analysis: each may run twice and leaves the same world."""

from collections.abc import Callable, Sequence
from typing import Any

from temporalio import activity

from traceflow.models.insight.bounded_facts import bounded_facts
from traceflow.models.insight.check import check_findings, citable_places
from traceflow.models.insight.conclude import ANSWER_INVALID, CheckedAnswer
from traceflow.models.insight.recorded_event import with_detected_kinds
from traceflow.models.llm.answer import parse_session_summary
from traceflow.models.llm.completion import Completion, CompletionRequest
from traceflow.models.llm.usage_record import usage_records
from traceflow.models.ports import AnalysisStore, Completer, EventLookup, Feed, Notice
from traceflow.models.session.facts import SessionFacts
from traceflow.workflows.definitions.session_analysis import (
    CHECK_ANSWER,
    COMPLETE_TASK,
    FETCH_SESSION_FACTS,
    RECORD_USAGE,
    STORE_INSIGHT,
    AnsweredTask,
    ConcludedAnalysis,
    SessionAnalysisInput,
)


class SessionAnalysisActivities:
    """What the workflow does to the world, through ports."""

    def __init__(
        self, *, store: AnalysisStore, completer: Completer, events: EventLookup, feed: Feed
    ) -> None:
        self._store = store
        self._completer = completer
        self._events = events
        self._feed = feed

    def all(self) -> Sequence[Callable[..., Any]]:
        """List the activities for a worker."""
        return (
            self.fetch_session_facts,
            self.complete_task,
            self.record_usage,
            self.check_answer,
            self.store_insight,
        )

    @activity.defn(name=FETCH_SESSION_FACTS)
    async def fetch_session_facts(self, analysis: SessionAnalysisInput) -> SessionFacts:
        """Return the session's facts, bounded: they travel through the workflow's history."""
        return bounded_facts(await self._store.session_facts(analysis.session, revision=analysis.revision))

    @activity.defn(name=COMPLETE_TASK)
    async def complete_task(self, request: CompletionRequest) -> Completion:
        """Ask NeuroRouter; run twice, it asks twice, and each answer is as good."""
        return await self._completer.complete(request)

    @activity.defn(name=RECORD_USAGE)
    async def record_usage(self, answered: AnsweredTask) -> None:
        """Record what the completion took, once per attempt of its route."""
        records = usage_records(
            answered.completion,
            session=answered.analysis.session,
            task=answered.task,
            ask_id=answered.ask_id,
        )
        await self._store.record_usage(records)

    @activity.defn(name=CHECK_ANSWER)
    async def check_answer(self, answered: AnsweredTask) -> CheckedAnswer:
        """Check every finding against what is recorded, all of it, and not against the bounded facts."""
        session, completion = answered.analysis.session, answered.completion
        answer = parse_session_summary(completion.answer_json)
        facts = await self._store.session_facts(session, revision=answered.analysis.revision)
        recorded = await self._events.find_events(session, citable_places(answer.findings))
        checked = check_findings(
            answer.findings,
            session_id=session.session_id,
            recorded=with_detected_kinds(recorded, facts=facts),
        )
        return CheckedAnswer(
            provider=completion.provider,
            model=completion.model,
            summary=answer.summary,
            fitting=checked.fitting,
            refused=checked.refused,
            invalid_answers=sum(attempt.code == ANSWER_INVALID for attempt in completion.failed),
        )

    @activity.defn(name=STORE_INSIGHT)
    async def store_insight(self, concluded: ConcludedAnalysis) -> None:
        """Store the insight under its id, then tell listeners; a lost notice loses nothing stored."""
        session, insight = concluded.analysis.session, concluded.insight
        await self._store.store_insight(session, insight, revision=concluded.analysis.revision)
        told: dict[str, str | int | float] = {
            "insight_id": insight.insight_id,
            "provider": insight.provider,
            "findings": len(insight.findings),
        }
        await self._feed.publish([Notice(kind="insight", session=session, fields=told)])
