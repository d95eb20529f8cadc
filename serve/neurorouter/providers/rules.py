"""Hop 9. The provider ``rules``: writes an insight from detected facts, without any language model."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from urllib.parse import urlsplit

from traceflow.models.detection.signal import Signal, SignalKind
from traceflow.models.errors import NotFound
from traceflow.models.evidence import Evidence
from traceflow.models.insight.bounded_facts import NOTABLE_EVENTS_PER_KIND, SIGNALS_PER_KIND
from traceflow.models.llm.answer import CitedEvent, ClaimedFinding, SessionSummaryAnswer
from traceflow.models.llm.completion import RULES_PROVIDER, Completion, CompletionRequest, Task, Usage
from traceflow.models.session.facts import NotableEvent, SessionFacts

MODEL = "rules-1"

# Enough to look at; the session's own pages list all.
_DIFFERENT_ERRORS = 5
_EVENTS_PER_FINDING = 20
_QUOTED_CHARACTERS = 160

_MINUTE_S = 60

_CLAIMS: Mapping[SignalKind, str] = {
    SignalKind.RAGE_CLICK: "The visitor clicked again and again in one place",
    SignalKind.DEAD_CLICK: "The visitor clicked something that did not react",
    SignalKind.SLOW_CLICK: "The visitor clicked something that reacted late",
    SignalKind.ERROR_CLICK: "A click was followed by an error",
    SignalKind.THRASHED_CURSOR: "The visitor's cursor went back and forth in haste",
}


class RulesProvider:
    """Answers from the facts alone: offline, without a key, and the same for the same facts."""

    name = RULES_PROVIDER
    model = MODEL

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock

    async def complete(self, request: CompletionRequest) -> Completion:
        if request.task is not Task.SESSION_SUMMARY:
            raise NotFound(f"No rules are written for the task {request.task.value}.")
        started = self._clock()
        answer = summarize(request.facts)
        return Completion(
            provider=self.name,
            model=MODEL,
            answer_json=answer.model_dump_json(),
            usage=Usage(input_tokens=0, output_tokens=0, latency_ms=round((self._clock() - started) * 1000)),
        )


def summarize(facts: SessionFacts) -> SessionSummaryAnswer:
    """Write the summary, and a finding for every kind of signal and for every error that differs."""
    findings = [*_signal_findings(facts), *_error_findings(facts)] or _page_findings(facts)
    return SessionSummaryAnswer(summary=_summary(facts), findings=findings)


def _summary(facts: SessionFacts) -> str:
    counted = [
        _counted(kind.value.replace("_", " "), sum(signal.kind is kind for signal in facts.signals))
        for kind in SignalKind
        if any(signal.kind is kind for signal in facts.signals)
    ]
    if facts.errors:
        counted.append(_plural("error", facts.errors))
    struggle = f"It shows {_listed(counted)}." if counted else "It shows no sign of struggle."
    return (
        "Written by rules from the detected signals, without a language model. "
        f"The session lasted {_duration(facts.ended_at_ms - facts.started_at_ms)} and covered "
        f"{_plural('page', len(facts.pages))} with {_plural('recorded event', facts.events)}. "
        f"{struggle} Its frustration score is {facts.frustration_score:g} of 100."
    )


def _signal_findings(facts: SessionFacts) -> list[ClaimedFinding]:
    by_kind = defaultdict[SignalKind, list[Signal]](list)
    for signal in facts.signals:
        by_kind[signal.kind].append(signal)
    return [_signal_finding(kind, by_kind[kind], facts=facts) for kind in SignalKind if by_kind[kind]]


def _signal_finding(kind: SignalKind, signals: Sequence[Signal], *, facts: SessionFacts) -> ClaimedFinding:
    first = signals[0]
    where = _where(first.evidence[-1], facts=facts) if first.evidence else ""
    text = (
        f"{_CLAIMS[kind]}{_times(len(signals))}, first {_moment(first.at_ms, facts=facts)}{where}: "
        f"{_sentence(first.reason)}"
    )
    later = (signal.evidence[-1] for signal in signals[1:] if signal.evidence)
    return _finding(kind.value, text, evidence=[*first.evidence[-_EVENTS_PER_FINDING:], *later])


def _error_findings(facts: SessionFacts) -> list[ClaimedFinding]:
    by_message = defaultdict[str, list[NotableEvent]](list)
    for event in facts.notable_events:
        if event.kind == "error":
            by_message[event.name].append(event)
    return [
        _error_finding(message, by_message[message], facts=facts)
        for message in list(by_message)[:_DIFFERENT_ERRORS]
    ]


def _error_finding(message: str, events: Sequence[NotableEvent], *, facts: SessionFacts) -> ClaimedFinding:
    first = events[0].evidence
    said = f" “{_quoted(message)}”" if message.strip() else ""
    when = f"first {_moment(first.at_ms, facts=facts)}{_where(first, facts=facts)}"
    text = f"The page raised an error{said}{_times(len(events))}, {when}."
    return _finding("error", text, evidence=[event.evidence for event in events])


def _page_findings(facts: SessionFacts) -> list[ClaimedFinding]:
    """Cite the pages of a visit without struggle, so that its insight can be followed too."""
    views = [event for event in facts.notable_events if event.kind == "page_view"]
    if not views:
        return []
    text = f"The visitor saw {_plural('page view', len(views))} without a sign of struggle."
    if len(views) >= NOTABLE_EVENTS_PER_KIND:
        text = "The visitor saw many pages without a sign of struggle."
    return [_finding("page_view", text, evidence=[view.evidence for view in views])]


def _finding(kind: str, text: str, *, evidence: Iterable[Evidence]) -> ClaimedFinding:
    cited = [
        CitedEvent(
            window_id=one.window_id,
            segment_id=one.segment_id,
            event_index=one.event_index,
            at_ms=one.at_ms,
        )
        for one in list(dict.fromkeys(evidence))[:_EVENTS_PER_FINDING]
    ]
    return ClaimedFinding(kind=kind, text=text, evidence=cited)


def _where(evidence: Evidence, *, facts: SessionFacts) -> str:
    """Name the page that the window showed last before the event."""
    views = [
        event
        for event in facts.notable_events
        if event.kind == "page_view"
        and event.evidence.window_id == evidence.window_id
        and event.evidence.at_ms <= evidence.at_ms
    ]
    if not views:
        return ""
    path = _path(max(views, key=lambda view: view.evidence.at_ms).name)
    return f" on {path}" if path else ""


def _path(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return _quoted(path)


def _quoted(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _QUOTED_CHARACTERS else f"{words[: _QUOTED_CHARACTERS - 1]}…"


def _sentence(text: str) -> str:
    quoted = _quoted(text)
    return quoted if quoted.endswith((".", "!", "?")) else f"{quoted}."


def _moment(at_ms: int, *, facts: SessionFacts) -> str:
    return f"{_duration(at_ms - facts.started_at_ms)} into the session"


def _duration(duration_ms: int) -> str:
    seconds = max(0, duration_ms) / 1000
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    return f"{minutes} min {rest} s"


def _times(count: int) -> str:
    if count == 1:
        return ""
    return f", {'at least ' if count >= SIGNALS_PER_KIND else ''}{count} times"


def _counted(noun: str, count: int) -> str:
    """Count signals; facts that are bounded hold no more than so many of a kind."""
    return f"at least {count} {noun}s" if count >= SIGNALS_PER_KIND else _plural(noun, count)


def _plural(noun: str, count: int) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _listed(items: Sequence[str]) -> str:
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"
