"""Hop 8. The analysis of one session at one of its closes: from detected facts to a stored insight."""

from dataclasses import dataclass, replace
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from traceflow.models.insight.conclude import (
    CheckedAnswer,
    chosen_answer,
    conclude,
    wants_second_answer,
)
from traceflow.models.insight.finding import Insight, analysis_id
from traceflow.models.llm.completion import RULES_PROVIDER, Completion, CompletionRequest, Task
from traceflow.models.session.facts import SessionFacts
from traceflow.models.session.key import SessionKey
from traceflow.workflows.definitions.retry import COMPLETE, CONCLUDE, FETCH, Attempts

# The names under which activities are recorded in histories: renaming one breaks what is running.
FETCH_SESSION_FACTS = "fetch_session_facts"
COMPLETE_TASK = "complete_task"
RECORD_USAGE = "record_usage"
CHECK_ANSWER = "check_answer"
STORE_INSIGHT = "store_insight"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnalysisInput:
    """Which session, at which of its closes."""

    tenant_id: str
    project_id: str
    session_id: str
    revision: int

    @property
    def session(self) -> SessionKey:
        return SessionKey(tenant_id=self.tenant_id, project_id=self.project_id, session_id=self.session_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnalysisResult:
    """What was stored: ``findings`` that fit, ``rejected`` ones that did not."""

    insight_id: str
    provider: str
    findings: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredTask:
    """A completion of an analysis; ``ask_id`` names it, so that its usage is recorded once."""

    analysis: SessionAnalysisInput
    ask_id: str
    task: Task
    completion: Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcludedAnalysis:
    """An insight, and the analysis that it ends."""

    analysis: SessionAnalysisInput
    insight: Insight


@workflow.defn(name="SessionAnalysisWorkflow")
class SessionAnalysisWorkflow:
    """Facts, an answer, a second answer where the first cites wrongly, the rules where neither holds."""

    @workflow.run
    async def run(self, analysis: SessionAnalysisInput) -> SessionAnalysisResult:
        """Analyse; what can never succeed fails for good, everything else is run anew (``ANALYSIS``)."""
        try:
            return await self._analyse(analysis)
        except ActivityError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.non_retryable:
                raise ApplicationError(cause.message, type=cause.type, non_retryable=True) from error
            raise

    async def _analyse(self, analysis: SessionAnalysisInput) -> SessionAnalysisResult:
        facts = await _step(FETCH_SESSION_FACTS, analysis, gives=SessionFacts, attempts=FETCH)
        request = CompletionRequest(task=Task.SESSION_SUMMARY, facts=facts)

        answers = [await _ask(request, analysis=analysis, ask="first")]
        if wants_second_answer(answers[0]):
            objections = tuple(refused.objection for refused in answers[0].refused)
            second = replace(request, objections=objections)
            answers.append(await _ask(second, analysis=analysis, ask="second"))
        chosen = chosen_answer(answers)
        if chosen is None:
            chosen = await _ask(replace(request, provider=RULES_PROVIDER), analysis=analysis, ask="rules")
            answers.append(chosen)

        insight_id = analysis_id(analysis.session, revision=analysis.revision)
        insight = conclude(chosen, answers=answers, insight_id=insight_id)
        concluded = ConcludedAnalysis(analysis=analysis, insight=insight)
        await _step(STORE_INSIGHT, concluded, gives=type(None), attempts=CONCLUDE)
        return SessionAnalysisResult(
            insight_id=insight.insight_id,
            provider=insight.provider,
            findings=len(insight.findings),
            rejected=sum(insight.rejected.values()),
        )


async def _ask(request: CompletionRequest, *, analysis: SessionAnalysisInput, ask: str) -> CheckedAnswer:
    completion = await _step(COMPLETE_TASK, request, gives=Completion, attempts=COMPLETE)
    answered = AnsweredTask(
        analysis=analysis,
        ask_id=f"{analysis_id(analysis.session, revision=analysis.revision)}/{ask}",
        task=request.task,
        completion=completion,
    )
    await _step(RECORD_USAGE, answered, gives=type(None), attempts=CONCLUDE)
    return await _step(CHECK_ANSWER, answered, gives=CheckedAnswer, attempts=CONCLUDE)


async def _step(activity: str, given: object, *, gives: type[T], attempts: Attempts) -> T:
    result: T = await workflow.execute_activity(
        activity,
        given,
        result_type=gives,
        start_to_close_timeout=attempts.timeout,
        retry_policy=attempts.retry,
    )
    return result
