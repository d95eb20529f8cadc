import pytest

from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.errors import RecordCorrupt
from traceflow.models.evidence import Evidence
from traceflow.models.insight.recorded_event import (
    EventPlace,
    RecordedEvents,
    recorded_event,
    with_detected_kinds,
)
from traceflow.models.session.facts import NotableEvent, SessionFacts
from traceflow.models.session.key import SessionKey

PLACE = EventPlace(window_id="w1", segment_id=0, event_index=0)
EVIDENCE = Evidence(window_id="w1", segment_id=0, event_index=0, at_ms=5)


@pytest.mark.parametrize(
    ("raw", "kinds"),
    [
        (b'{"type":3,"timestamp":5,"data":{"source":2,"type":2,"id":7}}', {"click"}),
        (b'{"type":3,"timestamp":5,"data":{"source":2,"type":1,"id":7}}', set()),
        (b'{"type":3,"timestamp":5,"data":{"source":3,"id":7}}', {"scroll"}),
        (b'{"type":3,"timestamp":5,"data":{"source":5,"id":7}}', {"input"}),
        (b'{"type":3,"timestamp":5,"data":{"source":0}}', set()),
        (b'{"type":4,"timestamp":5,"data":{"href":"https://shop.example/"}}', {"page_view"}),
        (b'{"type":5,"timestamp":5,"data":{"tag":"error","payload":{}}}', {"error"}),
        (b'{"type":5,"timestamp":5,"data":{"tag":"navigation"}}', {"navigation"}),
        (b'{"type":5,"timestamp":5,"data":{"tag":"rage_click"}}', set()),
        (b'{"type":5,"timestamp":5,"data":{"tag":["error"]}}', set()),
        (b'{"type":2,"timestamp":5,"data":"error"}', set()),
        (b'{"type":99,"timestamp":5}', set()),
        (b'{"type":5,"timestamp":5.9,"data":{"tag":"error","n":1e999,"t":"\\ud800"}}', {"error"}),
    ],
)
def test_an_event_is_of_the_kind_that_its_own_numbers_say(raw: bytes, kinds: set[str]) -> None:
    event = recorded_event(raw, place=PLACE)

    assert event.timestamp_ms == 5
    assert event.kinds == kinds


def test_bytes_that_are_no_event_are_corrupt() -> None:
    with pytest.raises(RecordCorrupt):
        recorded_event(b'{"type":"x"}', place=PLACE)


def _facts(
    *, signals: tuple[Signal, ...] = (), notable_events: tuple[NotableEvent, ...] = ()
) -> SessionFacts:
    return SessionFacts(
        session=SessionKey(tenant_id="t", project_id="p", session_id="s"),
        revision=1,
        started_at_ms=0,
        ended_at_ms=10,
        events=1,
        errors=0,
        pages=(),
        frustration_score=0.0,
        masked={},
        signals=signals,
        notable_events=notable_events,
    )


def _kinds(facts: SessionFacts) -> frozenset[str]:
    raw = b'{"type":3,"timestamp":5,"data":{"source":2,"type":2}}'
    recorded = RecordedEvents(window_ids=frozenset({"w1"}), events=(recorded_event(raw, place=PLACE),))
    return with_detected_kinds(recorded, facts=facts).events[0].kinds


def test_an_event_is_also_of_the_kind_of_each_signal_that_rests_on_it() -> None:
    signals = tuple(
        Signal(kind=kind, at_ms=5, reason="", evidence=(EVIDENCE,))
        for kind in (SignalKind.RAGE_CLICK, SignalKind.DEAD_CLICK)
    )

    assert _kinds(_facts(signals=signals)) == {"click", "rage_click", "dead_click"}


@pytest.mark.parametrize("tag", ["rage_click", "input", "own"])
def test_a_page_cannot_name_its_own_event_a_signal_or_an_input(tag: str) -> None:
    named = NotableEvent(kind=tag, name=tag, evidence=EVIDENCE)

    assert _kinds(_facts(notable_events=(named,))) == {"click"}


def test_an_event_nested_deeper_than_python_can_follow_still_has_its_time() -> None:
    raw = b'{"type":3,"timestamp":5,"data":' + b"[" * 5_000 + b"]" * 5_000 + b"}"

    assert recorded_event(raw, place=PLACE).timestamp_ms == 5
