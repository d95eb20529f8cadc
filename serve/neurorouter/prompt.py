"""Hop 9. Prompts: a task's versioned text, and a session's facts fenced as data."""

import json
from dataclasses import asdict, dataclass
from importlib.resources import files

from traceflow.models.llm.completion import CompletionRequest, Task

# One file per task and version; a changed text is a new version, so that answers can be compared.
_PROMPTS = {Task.SESSION_SUMMARY: "session_summary.v1.md"}

FENCE_START = "<recorded_data>"
FENCE_END = "</recorded_data>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is told: the rules of the task, and the session that it is about."""

    system: str
    user: str


def render_prompt(request: CompletionRequest) -> Prompt:
    """Render the request; all recorded text stands within the fence, which it cannot close."""
    system = files("traceflow.models.llm.prompts").joinpath(_PROMPTS[request.task]).read_text("utf-8")
    parts = ["The facts of the session:", FENCE_START, _fenced_facts(request), FENCE_END]
    if request.objections:
        parts.append("Your answer before was refused. Answer again, whole, and mend this:")
        parts.extend(f"- {objection}" for objection in request.objections)
    return Prompt(system=system, user="\n".join(parts))


def _fenced_facts(request: CompletionRequest) -> str:
    """Write the facts as one line of JSON in which no text can spell a tag."""
    facts = request.facts
    told = {
        "duration_ms": facts.ended_at_ms - facts.started_at_ms,
        "started_at_ms": facts.started_at_ms,
        "events": facts.events,
        "errors": facts.errors,
        "pages": facts.pages,
        "frustration_score": facts.frustration_score,
        "masked": dict(facts.masked),
        "signals": [asdict(signal) for signal in facts.signals],
        "notable_events": [asdict(event) for event in facts.notable_events],
    }
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
