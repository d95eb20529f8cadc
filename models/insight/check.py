"""Hop 10. The check: a finding fits when every event that it cites is recorded, then, and of its kind."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from traceflow.models.evidence import Evidence
from traceflow.models.insight.finding import Finding
from traceflow.models.insight.recorded_event import CLAIM_KINDS, EventPlace, RecordedEvent, RecordedEvents
from traceflow.models.llm.answer import CitedEvent, ClaimedFinding

# The contract's limits on a segment: what lies outside cannot be recorded, and is never looked up.
_WINDOW_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_MAX_SEGMENT_ID = 2**31 - 1
_MAX_EVENTS = 10_000


class Refusal(StrEnum):
    """Why a finding does not fit."""

    NO_EVIDENCE = "no_evidence"
    OTHER_SESSION = "other_session"
    MISSING_EVENT = "missing_event"
    WRONG_TIME = "wrong_time"
    WRONG_KIND = "wrong_kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFinding:
    """A finding that does not fit, and a sentence that tells the model why."""

    reason: Refusal
    objection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFindings:
    """The findings of one answer, parted."""

    fitting: tuple[Finding, ...]
    refused: tuple[RefusedFinding, ...]


def citable_places(findings: Iterable[ClaimedFinding]) -> tuple[EventPlace, ...]:
    """List, in order and once each, the cited places that a recording can have at all."""
    places = (_place(cited) for finding in findings for cited in finding.evidence)
    return tuple(sorted({place for place in places if _can_exist(place)}))


def check_findings(
    findings: Sequence[ClaimedFinding], *, session_id: str, recorded: RecordedEvents
) -> CheckedFindings:
    """Part the findings that fit from those that do not; one misfit among its events refuses a finding."""
    by_place = {event.place: event for event in recorded.events}
    fitting, refused = list[Finding](), list[RefusedFinding]()
    for number, finding in enumerate(findings, start=1):
        problem = _problem(finding, session_id=session_id, window_ids=recorded.window_ids, by_place=by_place)
        if problem is None:
            fitting.append(_as_finding(finding))
        else:
            reason, why = problem
            refused.append(RefusedFinding(reason=reason, objection=f"Finding {number} {why}"))
    return CheckedFindings(fitting=tuple(fitting), refused=tuple(refused))


def _problem(
    finding: ClaimedFinding,
    *,
    session_id: str,
    window_ids: frozenset[str],
    by_place: Mapping[EventPlace, RecordedEvent],
) -> tuple[Refusal, str] | None:
    if not finding.evidence:
        return Refusal.NO_EVIDENCE, "cites no event."
    if finding.kind not in CLAIM_KINDS:
        return Refusal.WRONG_KIND, "claims a kind that does not exist."
    for number, cited in enumerate(finding.evidence, start=1):
        if cited.session_id not in (None, session_id):
            return Refusal.OTHER_SESSION, f"cites an event of another session (event {number})."
        if cited.window_id not in window_ids:
            return Refusal.OTHER_SESSION, f"cites a window that this session does not have (event {number})."
        problem = _misfit(cited, kind=finding.kind, event=by_place.get(_place(cited)))
        if problem is not None:
            reason, why = problem
            return reason, f"{why} (event {number} of its evidence)."
    return None


def _misfit(cited: CitedEvent, *, kind: str, event: RecordedEvent | None) -> tuple[Refusal, str] | None:
    if event is None:
        return Refusal.MISSING_EVENT, "cites an event that is not recorded"
    if cited.at_ms != event.timestamp_ms:
        return Refusal.WRONG_TIME, "gives an at_ms that is not the event's timestamp"
    if kind not in event.kinds:
        return Refusal.WRONG_KIND, f"claims {kind}, and the cited event is none"
    return None


def _as_finding(finding: ClaimedFinding) -> Finding:
    evidence = (
        Evidence(
            window_id=cited.window_id,
            segment_id=cited.segment_id,
            event_index=cited.event_index,
            at_ms=cited.at_ms,
        )
        for cited in finding.evidence
    )
    return Finding(kind=finding.kind, text=finding.text, evidence=tuple(dict.fromkeys(evidence)))


def _place(cited: CitedEvent) -> EventPlace:
    return EventPlace(window_id=cited.window_id, segment_id=cited.segment_id, event_index=cited.event_index)


def _can_exist(place: EventPlace) -> bool:
    return (
        _WINDOW_ID.fullmatch(place.window_id) is not None
        and 0 <= place.segment_id <= _MAX_SEGMENT_ID
        and 0 <= place.event_index < _MAX_EVENTS
    )
