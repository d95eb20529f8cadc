"""What a flush tells listeners: the session as it now reads, and the signals that are new."""

from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.models.detection.signal import Signal
from traceflow.models.ports import Notice
from traceflow.models.session.session import signal_id


def notices_of(flush: SessionFlush, *, told: frozenset[Signal]) -> list[Notice]:
    """Return the session's notice, then one for each signal that was not told before, by time."""
    record = flush.record
    fields: dict[str, str | int | float] = {
        "state": record.state.value,
        "events": record.events,
        "frustration_score": record.frustration.score,
    }
    fresh = sorted(frozenset(flush.signals or ()) - told, key=lambda signal: signal.at_ms)
    return [
        Notice(kind="session", session=record.session, fields=fields),
        *(
            Notice(
                kind="signal",
                session=record.session,
                fields={
                    "signal_id": signal_id(record.session, signal),
                    "signal": signal.kind.value,
                    "at_ms": signal.at_ms,
                    "reason": signal.reason,
                },
            )
            for signal in fresh
        ),
    ]
