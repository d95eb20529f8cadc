"""A usage record: what one attempt at a completion took, written once however often it is stored."""

from dataclasses import dataclass

from traceflow.models.llm.completion import Completion, Task, Usage
from traceflow.models.session.key import SessionKey

COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """One attempt, named by ``usage_id``; ``outcome`` is ``completed`` or the code of its error."""

    usage_id: str
    session: SessionKey
    task: Task
    provider: str
    model: str
    outcome: str
    usage: Usage


def usage_records(
    completion: Completion, *, session: SessionKey, task: Task, ask_id: str
) -> tuple[UsageRecord, ...]:
    """List the attempts behind a completion in order; the same ``ask_id`` gives the same ids."""
    attempts = [(one.provider, one.model, one.code, one.usage) for one in completion.failed]
    attempts.append((completion.provider, completion.model, COMPLETED, completion.usage))
    return tuple(
        UsageRecord(
            usage_id=f"{ask_id}/{number}",
            session=session,
            task=task,
            provider=provider,
            model=model,
            outcome=outcome,
            usage=usage,
        )
        for number, (provider, model, outcome, usage) in enumerate(attempts)
    )
