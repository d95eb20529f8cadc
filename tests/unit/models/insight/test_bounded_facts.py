import msgspec

from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.insight.bounded_facts import bounded_facts
from traceflow.models.insight.recorded_event import EVENT_KINDS
from traceflow.models.session.facts import NotableEvent, SessionFacts
from traceflow.models.session.key import SessionKey


def _evidence(number: int) -> Evidence:
    return Evidence(window_id="w" * 128, segment_id=number, event_index=number, at_ms=10**12 + number)


def _signal(kind: SignalKind, number: int) -> Signal:
    evidence = tuple(_evidence(index) for index in range(number, number + 200))
    return Signal(kind=kind, at_ms=evidence[-1].at_ms, reason="r" * 120, evidence=evidence)


def _huge_facts() -> SessionFacts:
    kinds = [*sorted(EVENT_KINDS), "own_tag"]
    return SessionFacts(
        session=SessionKey(tenant_id="t", project_id="p", session_id="s"),
        revision=1,
        started_at_ms=0,
        ended_at_ms=10,
        events=100_000,
        errors=5_000,
        pages=tuple("https://shop.example/" + "p" * 5_000 for _ in range(500)),
        frustration_score=100.0,
        masked={f"type_{number}": 1 for number in range(500)},
        signals=tuple(_signal(kind, number) for number in range(300) for kind in SignalKind),
        notable_events=tuple(
            NotableEvent(kind=kind, name="n" * 5_000, evidence=_evidence(number))
            for number in range(300)
            for kind in kinds
        ),
    )


def test_facts_of_a_huge_session_stay_well_under_the_size_that_temporal_warns_of() -> None:
    bounded = bounded_facts(_huge_facts())

    assert len(msgspec.json.encode(bounded)) < 400_000


def test_counts_stay_whole_and_every_kind_of_signal_is_kept() -> None:
    bounded = bounded_facts(_huge_facts())

    assert bounded.errors == 5_000
    assert {signal.kind for signal in bounded.signals} == set(SignalKind)


def test_the_event_that_completes_a_signal_is_kept() -> None:
    bounded = bounded_facts(_huge_facts())

    assert all(signal.evidence[-1].at_ms == signal.at_ms for signal in bounded.signals)


def test_small_facts_stay_as_they_are() -> None:
    facts = bounded_facts(_huge_facts())

    assert bounded_facts(facts) == facts
