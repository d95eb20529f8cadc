import pytest

from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.session.facts import NotableEvent, SessionFacts
from traceflow.models.session.key import SessionKey

START_MS = 1_764_000_000_000


def _evidence(index: int, *, after_ms: int) -> Evidence:
    return Evidence(window_id="w1", segment_id=0, event_index=index, at_ms=START_MS + after_ms)


def _signal(kind: SignalKind, *evidence: Evidence) -> Signal:
    return Signal(
        kind=kind, at_ms=evidence[-1].at_ms, reason="3 clicks within 900 ms and 30 px", evidence=evidence
    )


@pytest.fixture
def facts() -> SessionFacts:
    clicks = [_evidence(index, after_ms=10_000 + 100 * index) for index in range(10, 14)]
    return SessionFacts(
        session=SessionKey(tenant_id="t1", project_id="p1", session_id="s1"),
        revision=1,
        started_at_ms=START_MS,
        ended_at_ms=START_MS + 95_000,
        events=412,
        errors=2,
        pages=("https://shop.example/cart", "https://shop.example/checkout"),
        frustration_score=72.5,
        masked={"email": 2},
        signals=(
            _signal(SignalKind.RAGE_CLICK, *clicks),
            _signal(SignalKind.RAGE_CLICK, _evidence(40, after_ms=70_000)),
            _signal(SignalKind.ERROR_CLICK, clicks[0], _evidence(20, after_ms=11_900)),
        ),
        notable_events=(
            NotableEvent(
                kind="page_view", name="https://shop.example/checkout?x=1", evidence=_evidence(1, after_ms=50)
            ),
            NotableEvent(
                kind="error", name="Payment failed for [EMAIL:abc]", evidence=_evidence(20, after_ms=11_900)
            ),
            NotableEvent(
                kind="error", name="Payment failed for [EMAIL:abc]", evidence=_evidence(21, after_ms=12_500)
            ),
        ),
    )
