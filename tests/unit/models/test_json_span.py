import json

import pytest
from hypothesis import given, strategies as st

from traceflow.models.json_span import object_members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    value=st.dictionaries(st.text(), VALUES), indent=st.none() | st.integers(0, 2), ascii_only=st.booleans()
)
def test_members_are_found_where_they_stand(
    value: dict[str, object], indent: int | None, ascii_only: bool
) -> None:
    document = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "backslashreplace")

    members = object_members(document)

    found = {member.key: json.loads(document[member.value_start : member.value_end]) for member in members}
    assert found == value
    assert all(json.loads(document[m.key_start : m.key_end]) == m.key for m in members)


def test_duplicate_keys_are_all_told() -> None:
    assert [member.key for member in object_members(b'{"a":1,"\\u0061":2}')] == ["a", "a"]


def test_nesting_has_no_limit() -> None:
    (member,) = object_members(b'{"a":' + b"[" * 5000 + b"1" + b"]" * 5000 + b"}")

    assert (member.value_start, member.value_end) == (5, 10_006)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b" [ ]",
        b"1",
        b"null",
        b'"{}"',
        b"{",
        b"{} x",
        b'{"a"}',
        b'{"a":1,}',
        b'{"a":1}}',
        b'{"a":1} x',
        b'{"a":01}',
        b'{"a":[1}',
        b'{"a":[1,]}',
        b'{"a":{]}',
        b'{"a":"\\x"}',
        b'{"\xff":1}',
    ],
)
def test_what_is_no_object_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|codec"):
        object_members(document)
