"""The stored result of an analysis: findings that name the events they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from traceflow.models.evidence import Evidence
from traceflow.models.session.key import SessionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim with its evidence.

    ``kind`` is what the cited events are claimed to be: a signal kind, or ``error``, ``click``,
    ``input``, ``page_view``.
    """

    kind: str
    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """What an analysis concluded about a session at one of its closes.

    ``insight_id`` equals the workflow's id, so that storing twice stores once. ``rejected`` counts the
    findings that a provider gave and the check refused, by reason.
    """

    insight_id: str
    provider: str
    model: str
    summary: str
    findings: tuple[Finding, ...]
    rejected: Mapping[str, int] = field(default_factory=dict)


def analysis_id(session: SessionKey, *, revision: int) -> str:
    """Name the analysis of a session at one of its closes: the workflow's id and its insight's."""
    return f"{session.tenant_id}/{session.project_id}/{session.session_id}/{revision}"
