import json

import pytest
from hypothesis import given, strategies as st

from traceflow.models.session.visitor import Visitor, read_visitor


def test_ids_and_traits_are_read() -> None:
    content = b'{"anonymous_id":"a-1","identified_id":"[ID:X]","traits":{"plan":"pro","seats":3,"beta":true}}'

    assert read_visitor(content) == Visitor(
        anonymous_id="a-1", identified_id="[ID:X]", traits={"plan": "pro", "seats": "3", "beta": "true"}
    )


@pytest.mark.parametrize("content", [b"null", b"[]", b"3", b"{", b"\xff", b"", b"[" * 100_000])
def test_what_is_no_visitor_tells_nothing(content: bytes) -> None:
    assert read_visitor(content) == Visitor()


@pytest.mark.parametrize(
    ("traits", "read"),
    [
        (None, {}),
        ([1], {}),
        ({"a": None}, {}),
        ({"a": {"b": [1, "c"]}}, {"a": '{"b":[1,"c"]}'}),
        ({"n" * 129: "x"}, {}),
        ({"a": "v" * 1000}, {"a": "v" * 512}),
        ({str(n): n for n in range(100)}, {str(n): str(n) for n in range(64)}),
    ],
)
def test_traits_are_text_and_bounded(traits: object, read: dict[str, str]) -> None:
    assert read_visitor(json.dumps({"traits": traits}).encode()).traits == read


@pytest.mark.parametrize("bare", [{"anonymous_id": ""}, {"anonymous_id": 4}, {"identified_id": None}, {}])
def test_an_id_that_is_none_is_absent(bare: dict[str, object]) -> None:
    assert read_visitor(json.dumps(bare).encode()) == Visitor()


@given(st.binary(max_size=100))
def test_no_bytes_raise(content: bytes) -> None:
    assert isinstance(read_visitor(content), Visitor)
