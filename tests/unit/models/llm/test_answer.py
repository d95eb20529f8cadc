import json

import pytest

from traceflow.models.errors import AnswerInvalid
from traceflow.models.llm.answer import parse_session_summary, session_summary_schema

EVENT = {"window_id": "w1", "segment_id": 0, "event_index": 1, "at_ms": 5}
FINDING = {"kind": "error", "text": "It broke.", "evidence": [EVENT]}
ANSWER = {"summary": "It broke.", "findings": [FINDING]}


def test_an_answer_of_the_schema_is_read_with_or_without_what_is_optional() -> None:
    named = {**EVENT, "session_id": None}

    answer = parse_session_summary(
        json.dumps({**ANSWER, "findings": [FINDING, {**FINDING, "evidence": [named]}]})
    )

    assert answer.findings[0] == answer.findings[1]


@pytest.mark.parametrize(
    "answer",
    [
        "The visitor was angry.",
        "",
        "[]",
        "null",
        json.dumps({"summary": "x"}),
        json.dumps({**ANSWER, "summary": " \u0000 "}),
        json.dumps({**ANSWER, "summary": "x" * 2_001}),
        json.dumps({**ANSWER, "findings": [FINDING] * 51}),
        json.dumps({**ANSWER, "findings": [{**FINDING, "evidence": [EVENT] * 101}]}),
        json.dumps({**ANSWER, "findings": [{**FINDING, "evidence": [{**EVENT, "at_ms": "5"}]}]}),
        json.dumps({**ANSWER, "findings": [{**FINDING, "evidence": [{**EVENT, "segment_id": True}]}]}),
        '{"summary": "\\ud800", "findings": []}',
        "[" * 100_000,
    ],
)
def test_any_other_text_is_an_invalid_answer(answer: str) -> None:
    with pytest.raises(AnswerInvalid):
        parse_session_summary(answer)


def test_what_is_wrong_is_said_without_quoting_the_answer() -> None:
    answer = {**ANSWER, "findings": [{**FINDING, "evidence": [{**EVENT, "at_ms": "ann@shop.example"}]}]}

    with pytest.raises(AnswerInvalid) as raised:
        parse_session_summary(json.dumps(answer))

    assert "findings.0.evidence.0.at_ms" in raised.value.message
    assert "ann@" not in raised.value.message


def test_characters_that_a_database_or_a_terminal_cannot_take_are_left_out() -> None:
    answer = parse_session_summary(json.dumps({**ANSWER, "summary": "It\u0000 \u001b[31mbroke\n"}))

    assert answer.summary == "It [31mbroke"


def test_the_schema_is_strict_at_every_level() -> None:
    schema = session_summary_schema()

    objects = [schema, *schema["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in objects)
    assert all(part["required"] == list(part["properties"]) for part in objects)
    assert "default" not in json.dumps(schema)
    assert "rage_click" in schema["$defs"]["ClaimedFinding"]["properties"]["kind"]["enum"]
