"""A completion: what is asked of a provider, and what comes back with its usage."""

from dataclasses import dataclass
from enum import StrEnum

from traceflow.models.session.facts import SessionFacts

# The provider that writes from detected facts alone; the last of every route.
RULES_PROVIDER = "rules"


class Task(StrEnum):
    """A kind of work that NeuroRouter routes."""

    SESSION_SUMMARY = "session_summary"
    ROOT_CAUSE_ANALYSIS = "root_cause_analysis"
    UI_VISUAL_ANALYSIS = "ui_visual_analysis"
    CODE_FIX_SUGGESTION = "code_fix_suggestion"
    JOURNEY_ANALYSIS = "journey_analysis"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """A task over a session's facts.

    ``objections`` is empty at first; a re-ask lists, one sentence each, what the check found wrong with
    the findings of the answer before. ``provider`` names the one provider of the route to ask; empty
    means the route in its order.
    """

    task: Task
    facts: SessionFacts
    objections: tuple[str, ...] = ()
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a completion took; tokens are 0 for a provider that counts none."""

    input_tokens: int
    output_tokens: int
    latency_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """A provider of the route that was asked before and gave no valid answer; ``code`` is the error's."""

    provider: str
    model: str
    code: str
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A provider's answer: JSON text that has been validated against the task's answer schema.

    ``failed`` lists, in order, the attempts that the route made before this one.
    """

    provider: str
    model: str
    answer_json: str
    usage: Usage
    failed: tuple[FailedAttempt, ...] = ()
