"""Hop 10. The conclusion: one insight out of the checked answers of an analysis."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from traceflow.models.insight.check import RefusedFinding
from traceflow.models.insight.finding import Finding, Insight
from traceflow.models.llm.completion import RULES_PROVIDER

ANSWER_INVALID = "answer_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAnswer:
    """A completion after the check; ``invalid_answers`` counts the attempts before it that fit no schema."""

    provider: str
    model: str
    summary: str
    fitting: tuple[Finding, ...]
    refused: tuple[RefusedFinding, ...]
    invalid_answers: int


def wants_second_answer(answer: CheckedAnswer) -> bool:
    """Say whether to ask once more: a finding was refused, by a model that was not asked again already."""
    return bool(answer.refused) and not answer.invalid_answers and answer.provider != RULES_PROVIDER


def chosen_answer(answers: Sequence[CheckedAnswer]) -> CheckedAnswer | None:
    """Choose the latest answer of a model with findings that fit, else the latest of the rules, if any.

    Rules never fail, so that None means: the rules were not asked yet.
    """
    of_models = [answer for answer in answers if answer.provider != RULES_PROVIDER and answer.fitting]
    of_rules = [answer for answer in answers if answer.provider == RULES_PROVIDER]
    candidates = of_models or of_rules
    return candidates[-1] if candidates else None


def conclude(chosen: CheckedAnswer, *, answers: Sequence[CheckedAnswer], insight_id: str) -> Insight:
    """Make the insight of the chosen answer; every answer's refusals are counted in it."""
    return Insight(
        insight_id=insight_id,
        provider=chosen.provider,
        model=chosen.model,
        summary=_summary(chosen),
        findings=chosen.fitting,
        rejected=_rejected(answers),
    )


def _summary(answer: CheckedAnswer) -> str:
    """Keep a model's summary only beside all of its findings: by itself it is a claim that cites nothing."""
    if not answer.refused or answer.provider == RULES_PROVIDER:
        return answer.summary
    return " ".join(_sentence(finding.text) for finding in answer.fitting)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _rejected(answers: Sequence[CheckedAnswer]) -> dict[str, int]:
    counts = Counter(refused.reason.value for answer in answers for refused in answer.refused)
    counts[ANSWER_INVALID] += sum(answer.invalid_answers for answer in answers)
    return {reason: count for reason, count in sorted(counts.items()) if count}
