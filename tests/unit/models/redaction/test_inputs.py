import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from traceflow.models.envelope.envelope import Envelope

Redact = Callable[..., Envelope]


def _node(tag: str, attributes: dict[str, Any], *children: Any) -> dict[str, Any]:
    return {"type": 2, "tagName": tag, "attributes": attributes, "childNodes": list(children), "id": 3}


@pytest.mark.parametrize("order", list(itertools.permutations(["source", "text", "isChecked", "id"])))
def test_typed_text_is_masked_in_any_order_of_keys(order: tuple[str, ...], redact: Redact) -> None:
    data = {"source": 5, "text": "Ann Lee", "isChecked": True, "id": 7}

    answer = redact(json.dumps([{"type": 3, "data": {key: data[key] for key in order}}]).encode())

    assert json.loads(answer.events)[0]["data"] == {**data, "text": "*******"}
    assert answer.masked == {"INPUT": 1}


@pytest.mark.parametrize("order", list(itertools.permutations(["tagName", "attributes", "childNodes"])))
@pytest.mark.parametrize("tag", ["input", "INPUT", "textarea", "select", "option", "my-field", "button"])
def test_a_field_s_value_is_masked_in_any_order_of_keys(
    tag: str, order: tuple[str, ...], redact: Redact
) -> None:
    node = _node(tag, {"value": "Ann", "placeholder": "Name", "checked": True})

    answer = redact(json.dumps([{key: node[key] for key in order}]).encode())

    attributes = json.loads(answer.events)[0]["attributes"]
    assert attributes == {"value": "***", "placeholder": "Name", "checked": True}


@pytest.mark.parametrize("kind", ["submit", "button", "reset", "Submit"])
def test_the_label_of_a_button_stays(kind: str, redact: Redact) -> None:
    events = json.dumps([_node("input", {"value": "Pay now", "type": kind})]).encode()

    assert redact(events).events is events


@pytest.mark.parametrize(
    "events",
    [
        '[{"tagName":"input","attributes":{"type":"submit","type":"text","value":"Ann"}}]',
        '[{"tagName":"li","tagName":"input","attributes":{"value":"Ann"}}]',
        '[{"t\\u0061gName":"inp\\u0075t","attributes":{"v\\u0061lue":"Ann"}}]',
        '[{"attributes":{"value":"Ann"},"id":4}]',
        '[{"attributes":[{"id":4,"attributes":{"value":"Ann"}}]}]',
        '[{"attributes":{"value":["Ann",{"x":"Ann"}]}}]',
        '[{"source":5.0,"text":"Ann"}]',
        '[{"source":5,"text":{"a":["Ann"]}}]',
        '[{"tagName":"input","value":"Ann"}]',
        '[{"tagName":"textarea","childNodes":[{"type":3,"textContent":"Ann"}]}]',
        '[{"childNodes":[{"type":3,"textContent":"Ann"}],"tagName":"TEXTAREA"}]',
        '["{\\"source\\":5,\\"text\\":\\"Ann\\"}"]',
        '[{"tagName":"input","attributes":{"type":"hidden","value":"Ann"}}]',
    ],
)
def test_no_spelling_lets_a_typed_value_through(events: str, redact: Redact) -> None:
    answer = redact(events.encode())

    assert b"Ann" not in answer.events
    assert set(answer.masked) == {"INPUT"}
    json.loads(answer.events)


@pytest.mark.parametrize("tag", ["li", "progress", "meter", "data", "param"])
def test_a_value_that_the_page_shows_stays(tag: str, redact: Redact) -> None:
    events = json.dumps([_node(tag, {"value": "30"})]).encode()

    assert redact(events).events is events


def test_a_number_in_a_field_becomes_a_mask(redact: Redact) -> None:
    answer = redact(b'[{"attributes":{"value":4711,"checked":true}}]')

    assert answer.events == b'[{"attributes":{"value":"****","checked":true}}]'


def test_a_mask_outweighs_a_token_over_the_same_value(redact: Redact) -> None:
    answer = redact(b'[{"source":5,"text":"ann@example.com","note":"ann@example.com"}]')

    data = json.loads(answer.events)[0]
    assert data["text"] == "*" * 15
    assert data["note"].startswith("[EMAIL:")
    assert answer.masked == {"EMAIL": 1, "INPUT": 1}


def test_text_changed_by_a_mutation_is_redacted_by_shape_only(redact: Redact) -> None:
    answer = redact(b'[{"source":0,"texts":[{"id":3,"value":"Ann ann@example.com"}]}]')

    assert json.loads(answer.events)[0]["texts"][0]["value"].startswith("Ann [EMAIL:")
