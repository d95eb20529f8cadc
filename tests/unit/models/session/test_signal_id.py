from dataclasses import replace

from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import signal_id

SESSION = SessionKey(tenant_id="acme", project_id="shop", session_id="s-1")
FIRST = Evidence(window_id="w1", segment_id=0, event_index=1, at_ms=10)
SIGNAL = Signal(kind=SignalKind.RAGE_CLICK, at_ms=10, reason="3 clicks", evidence=(FIRST,))


def test_a_signal_detected_again_has_the_same_id_whatever_its_words() -> None:
    assert signal_id(SESSION, replace(SIGNAL, reason="three clicks")) == signal_id(SESSION, SIGNAL)


def test_another_session_kind_or_event_gives_another_id() -> None:
    others = [
        signal_id(replace(SESSION, session_id="s-2"), SIGNAL),
        signal_id(SESSION, replace(SIGNAL, kind=SignalKind.DEAD_CLICK)),
        signal_id(SESSION, replace(SIGNAL, evidence=(replace(FIRST, event_index=2),))),
        signal_id(SESSION, replace(SIGNAL, evidence=(FIRST, FIRST))),
    ]

    assert len({*others, signal_id(SESSION, SIGNAL)}) == len(others) + 1
