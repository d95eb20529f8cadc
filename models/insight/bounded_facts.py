"""Bounded facts: as much of a session as a prompt and a workflow's history can carry."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from traceflow.models.detection.signal import Signal
from traceflow.models.insight.recorded_event import NOTABLE_KINDS
from traceflow.models.session.facts import NotableEvent, SessionFacts

# Together under 300 KB of JSON at the very worst, and under the 512 KB at which Temporal warns of a payload.
SIGNALS_PER_KIND = 20
EVIDENCE_PER_SIGNAL = 8
NOTABLE_EVENTS_PER_KIND = 20
_PAGES = 30
_TEXT = 300
_MASKED_TYPES = 50


class _HasKind(Protocol):
    @property
    def kind(self) -> str: ...


T = TypeVar("T", bound=_HasKind)


def bounded_facts(facts: SessionFacts) -> SessionFacts:
    """Keep the first of each kind and the start of each text; the counts stay whole.

    A page's own custom tags go: no finding can be about them.
    """
    citable = (event for event in facts.notable_events if event.kind in NOTABLE_KINDS)
    notable_events = _first_per_kind(citable, limit=NOTABLE_EVENTS_PER_KIND)
    return replace(
        facts,
        pages=tuple(page[:_TEXT] for page in facts.pages[:_PAGES]),
        masked=dict(sorted(facts.masked.items())[:_MASKED_TYPES]),
        signals=tuple(_bounded_signal(one) for one in _first_per_kind(facts.signals, limit=SIGNALS_PER_KIND)),
        notable_events=tuple(_bounded_event(one) for one in notable_events),
    )


def _first_per_kind(items: Iterable[T], *, limit: int) -> list[T]:
    seen = Counter[str]()
    kept = list[T]()
    for item in items:
        seen[item.kind] += 1
        if seen[item.kind] <= limit:
            kept.append(item)
    return kept


def _bounded_signal(signal: Signal) -> Signal:
    """Keep the first events and the last, which completes the signal."""
    if len(signal.evidence) <= EVIDENCE_PER_SIGNAL:
        return signal
    return replace(signal, evidence=(*signal.evidence[: EVIDENCE_PER_SIGNAL - 1], signal.evidence[-1]))


def _bounded_event(event: NotableEvent) -> NotableEvent:
    return replace(event, name=event.name[:_TEXT])
