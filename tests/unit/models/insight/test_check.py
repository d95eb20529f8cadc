import pytest

from traceflow.models.insight.check import Refusal, check_findings, citable_places
from traceflow.models.insight.recorded_event import EventPlace, RecordedEvent, RecordedEvents
from traceflow.models.llm.answer import CitedEvent, ClaimedFinding

RECORDED = RecordedEvents(
    window_ids=frozenset({"w1"}),
    events=(
        RecordedEvent(
            window_id="w1",
            segment_id=0,
            event_index=3,
            timestamp_ms=1_000,
            kinds=frozenset({"click", "rage_click"}),
        ),
        RecordedEvent(
            window_id="w1", segment_id=1, event_index=0, timestamp_ms=2_000, kinds=frozenset({"error"})
        ),
        RecordedEvent(window_id="w1", segment_id=1, event_index=1, timestamp_ms=2_500, kinds=frozenset()),
    ),
)
RAGE_CLICK = CitedEvent(window_id="w1", segment_id=0, event_index=3, at_ms=1_000)
ERROR = CitedEvent(window_id="w1", segment_id=1, event_index=0, at_ms=2_000)


def _claim(kind: str, *evidence: CitedEvent) -> ClaimedFinding:
    return ClaimedFinding(kind=kind, text="Something happened.", evidence=list(evidence))


def _check(*findings: ClaimedFinding):
    return check_findings(findings, session_id="s1", recorded=RECORDED)


@pytest.mark.parametrize(
    ("kind", "cited"), [("rage_click", RAGE_CLICK), ("click", RAGE_CLICK), ("error", ERROR)]
)
def test_a_finding_whose_event_is_recorded_then_and_of_its_kind_fits(kind: str, cited: CitedEvent) -> None:
    checked = _check(_claim(kind, cited))

    assert not checked.refused
    assert [finding.kind for finding in checked.fitting] == [kind]
    assert checked.fitting[0].evidence[0].at_ms == cited.at_ms


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (_claim("error"), Refusal.NO_EVIDENCE),
        (_claim("error", ERROR.model_copy(update={"session_id": "s2"})), Refusal.OTHER_SESSION),
        (_claim("error", ERROR.model_copy(update={"window_id": "w9"})), Refusal.OTHER_SESSION),
        (_claim("error", ERROR.model_copy(update={"segment_id": 7})), Refusal.MISSING_EVENT),
        (_claim("error", ERROR.model_copy(update={"event_index": -1})), Refusal.MISSING_EVENT),
        (_claim("error", ERROR.model_copy(update={"at_ms": 2_001})), Refusal.WRONG_TIME),
        (_claim("rage_click", ERROR), Refusal.WRONG_KIND),
        (_claim("dead_click", RAGE_CLICK), Refusal.WRONG_KIND),
        (_claim("", ERROR), Refusal.WRONG_KIND),
        (_claim("explosion", ERROR), Refusal.WRONG_KIND),
    ],
)
def test_a_finding_that_does_not_fit_is_refused_with_its_reason(
    finding: ClaimedFinding, reason: Refusal
) -> None:
    checked = _check(finding)

    assert not checked.fitting
    assert [refused.reason for refused in checked.refused] == [reason]


def test_the_own_session_may_be_named() -> None:
    checked = _check(_claim("error", ERROR.model_copy(update={"session_id": "s1"})))

    assert len(checked.fitting) == 1


def test_one_misfit_among_its_events_refuses_a_finding() -> None:
    checked = _check(_claim("error", ERROR, RAGE_CLICK))

    assert [refused.reason for refused in checked.refused] == [Refusal.WRONG_KIND]


def test_the_finding_beside_a_refused_one_is_kept() -> None:
    checked = _check(_claim("error"), _claim("error", ERROR))

    assert len(checked.fitting) == 1
    assert checked.refused[0].objection.startswith("Finding 1 ")


def test_an_event_cited_twice_stands_once() -> None:
    checked = _check(_claim("error", ERROR, ERROR))

    assert len(checked.fitting[0].evidence) == 1


def test_only_places_that_a_recording_can_have_are_looked_up() -> None:
    impossible = [
        {"window_id": "w\x001"},
        {"window_id": "w" * 129},
        {"segment_id": 2**31},
        {"segment_id": -1},
        {"event_index": 10_000},
    ]
    findings = [_claim("error", ERROR.model_copy(update=update)) for update in impossible]

    places = citable_places([*findings, _claim("error", ERROR, ERROR, RAGE_CLICK)])

    assert places == (
        EventPlace(window_id="w1", segment_id=0, event_index=3),
        EventPlace(window_id="w1", segment_id=1, event_index=0),
    )
