from traceflow.actors.session_processor.notices import notices_of
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.models.detection.frustration import Frustration
from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.session.key import SessionKey
from traceflow.models.session.session import SessionRecord, SessionState, signal_id

SESSION = SessionKey(tenant_id="acme", project_id="shop", session_id="s-1")


def signal(at_ms: int, kind: SignalKind = SignalKind.RAGE_CLICK) -> Signal:
    evidence = (Evidence(window_id="w1", segment_id=0, event_index=at_ms, at_ms=at_ms),)
    return Signal(kind=kind, at_ms=at_ms, reason="3 clicks", evidence=evidence)


def flush(*signals: Signal) -> SessionFlush:
    record = SessionRecord(
        session=SESSION,
        state=SessionState.OPEN,
        revision=0,
        started_at_ms=1,
        ended_at_ms=9,
        first_arrival_ms=1,
        opened_at_ms=1,
        last_arrival_ms=9,
        windows=1,
        events=7,
        errors=0,
        frustration=Frustration(score=25.0, parts=()),
        signal_counts={},
        pages=(),
        masked={},
        visitor=b"null",
        sdk="web/1.0.0",
        wrapped_key=b"",
        sampling_probability=1.0,
        sampling_reason="everything",
    )
    return SessionFlush(record=record, signals=signals)


def test_a_new_signal_is_told_by_its_id_kind_time_and_reason() -> None:
    found = signal(5)

    session, told = notices_of(flush(found), told=frozenset())

    assert (session.kind, session.session) == ("session", SESSION)
    assert session.fields == {"state": "open", "events": 7, "frustration_score": 25.0}
    assert (told.kind, told.session) == ("signal", SESSION)
    assert told.fields == {
        "signal_id": signal_id(SESSION, found),
        "signal": "rage_click",
        "at_ms": 5,
        "reason": "3 clicks",
    }


def test_signals_are_told_once_and_by_time() -> None:
    known, later, sooner = signal(3), signal(8), signal(5, SignalKind.DEAD_CLICK)

    _, *told = notices_of(flush(known, later, sooner), told=frozenset({known}))

    assert [notice.fields["at_ms"] for notice in told] == [5, 8]
