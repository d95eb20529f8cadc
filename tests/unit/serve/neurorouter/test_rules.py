from dataclasses import replace

from traceflow.models.detection.signal import SignalKind
from traceflow.models.insight.check import check_findings, citable_places
from traceflow.models.insight.recorded_event import RecordedEvent, RecordedEvents, with_detected_kinds
from traceflow.models.llm.answer import parse_session_summary
from traceflow.models.llm.completion import CompletionRequest, Task
from traceflow.models.session.facts import SessionFacts
from traceflow.serve.neurorouter.providers.rules import RulesProvider, summarize


def _recorded(facts: SessionFacts) -> RecordedEvents:
    evidence = {one for signal in facts.signals for one in signal.evidence}
    evidence |= {event.evidence for event in facts.notable_events}
    events = tuple(
        RecordedEvent(
            window_id=one.window_id,
            segment_id=one.segment_id,
            event_index=one.event_index,
            timestamp_ms=one.at_ms,
            kinds=frozenset(),
        )
        for one in evidence
    )
    return with_detected_kinds(RecordedEvents(window_ids=frozenset({"w1"}), events=events), facts=facts)


async def test_the_answer_is_of_the_schema_and_says_who_wrote_it(facts: SessionFacts) -> None:
    completion = await RulesProvider().complete(CompletionRequest(task=Task.SESSION_SUMMARY, facts=facts))

    answer = parse_session_summary(completion.answer_json)
    assert completion.provider == "rules"
    assert "by rules from the detected signals, without a language model" in answer.summary


def test_the_summary_counts_what_was_detected(facts: SessionFacts) -> None:
    summary = summarize(facts).summary

    assert "lasted 1 min 35 s and covered 2 pages with 412 recorded events" in summary
    assert "2 rage clicks, 1 error click and 2 errors" in summary
    assert "72.5 of 100" in summary


def test_every_kind_of_signal_and_every_error_has_a_finding(facts: SessionFacts) -> None:
    findings = summarize(facts).findings

    assert [finding.kind for finding in findings] == ["rage_click", "error_click", "error"]
    assert findings[0].text == (
        "The visitor clicked again and again in one place, 2 times, "
        "first 11.3 s into the session on /checkout: 3 clicks within 900 ms and 30 px."
    )
    assert findings[2].text == (
        "The page raised an error “Payment failed for [EMAIL:abc]”, 2 times, "
        "first 11.9 s into the session on /checkout."
    )


def test_every_finding_fits_what_is_recorded(facts: SessionFacts) -> None:
    findings = summarize(facts).findings

    checked = check_findings(findings, session_id="s1", recorded=_recorded(facts))

    assert len(citable_places(findings)) == 7
    assert not checked.refused


def test_a_visit_without_struggle_cites_its_pages(facts: SessionFacts) -> None:
    calm = replace(
        facts, signals=(), errors=0, notable_events=facts.notable_events[:1], frustration_score=0.0
    )

    answer = summarize(calm)

    assert "It shows no sign of struggle." in answer.summary
    assert [finding.kind for finding in answer.findings] == ["page_view"]


def test_a_session_of_nothing_is_summed_up_too(facts: SessionFacts) -> None:
    empty = replace(facts, signals=(), errors=0, notable_events=(), pages=(), events=0, ended_at_ms=0)

    assert summarize(empty).findings == []


def test_as_many_signals_as_facts_can_hold_are_at_least_that_many(facts: SessionFacts) -> None:
    many = replace(facts, signals=facts.signals[1:2] * 20)

    assert "at least 20 rage clicks" in summarize(many).summary


def test_every_kind_of_signal_has_its_own_words(facts: SessionFacts) -> None:
    signals = tuple(replace(facts.signals[1], kind=kind) for kind in SignalKind)

    findings = summarize(replace(facts, signals=signals, notable_events=())).findings

    assert len({finding.text for finding in findings}) == len(SignalKind)


def test_a_long_message_on_a_broken_address_is_shortened(facts: SessionFacts) -> None:
    page, error, _ = facts.notable_events
    odd = replace(
        facts, notable_events=(replace(page, name="https://[broken"), replace(error, name="long\n" * 500))
    )

    text = summarize(odd).findings[-1].text

    assert "…”" in text
    assert len(text) < 300
