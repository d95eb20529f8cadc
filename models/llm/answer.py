"""The answers that language models must give: pydantic schemas, checked locally whatever a provider says."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict

from traceflow.models.errors import AnswerInvalid
from traceflow.models.insight.recorded_event import CLAIM_KINDS

# An insight is read by people: what is longer than this is not a summary but a dump.
_MAX_TEXT = 2_000
_MAX_FINDINGS = 50
_MAX_EVIDENCE = 100

_LISTED_KINDS: JsonDict = {"enum": [*sorted(CLAIM_KINDS)]}

# PostgreSQL stores no NUL, and a terminal would obey the others.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _readable(text: str) -> str:
    cleaned = _CONTROL.sub("", text).strip()
    if not cleaned:
        raise ValueError("must not be empty")
    if len(cleaned) > _MAX_TEXT:
        raise ValueError(f"must not be longer than {_MAX_TEXT} characters")
    return cleaned


def _at_most_findings(findings: list["ClaimedFinding"]) -> list["ClaimedFinding"]:
    if len(findings) > _MAX_FINDINGS:
        raise ValueError(f"must not be more than {_MAX_FINDINGS}")
    return findings


def _at_most_evidence(evidence: list["CitedEvent"]) -> list["CitedEvent"]:
    if len(evidence) > _MAX_EVIDENCE:
        raise ValueError(f"must not be more than {_MAX_EVIDENCE}")
    return evidence


class _Answer(BaseModel):
    # Unknown fields are ignored: they are not stored, and harm nothing.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class CitedEvent(_Answer):
    """A recorded event that a finding rests on, as the facts name it."""

    window_id: str
    segment_id: int
    event_index: int
    at_ms: int
    session_id: str | None = Field(default=None, description="null for the session that was asked about")


class ClaimedFinding(_Answer):
    """One claim. A kind that is none of the listed is refused by the check, which spares the rest."""

    kind: str = Field(json_schema_extra=_LISTED_KINDS)
    text: Annotated[str, AfterValidator(_readable)]
    evidence: Annotated[list[CitedEvent], AfterValidator(_at_most_evidence)]


class SessionSummaryAnswer(_Answer):
    """The answer to the task ``session_summary``."""

    summary: Annotated[str, AfterValidator(_readable)]
    findings: Annotated[list[ClaimedFinding], AfterValidator(_at_most_findings)]


def parse_session_summary(answer_json: str) -> SessionSummaryAnswer:
    """Read an answer; AnswerInvalid says in one sentence what does not fit, without quoting it."""
    try:
        return SessionSummaryAnswer.model_validate_json(answer_json)
    except ValidationError as error:
        raise AnswerInvalid(_what_is_wrong(error)) from None


def _what_is_wrong(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return "The answer was not JSON."
    path = ".".join(str(part) for part in first["loc"]) or "the answer"
    return f"The answer did not fit the schema at {path} ({first['type']})."


def session_summary_schema() -> dict[str, Any]:
    """Spell the schema as strict structured output wants it: every property required, none added."""
    schema = SessionSummaryAnswer.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        _make_strict(part)
    return schema


def _make_strict(part: dict[str, Any]) -> None:
    part["additionalProperties"] = False
    part["required"] = list(part["properties"])
    for spelled in part["properties"].values():
        spelled.pop("default", None)
