import json
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from traceflow.models.envelope.depth import MAX_DEPTH, check_depth
from traceflow.models.errors import EnvelopeInvalid


def nested(depth: int, *, inner: bytes = b"") -> bytes:
    return b"[" * depth + inner + b"]" * depth


def test_a_document_of_the_greatest_depth_passes_and_a_deeper_one_does_not() -> None:
    check_depth(nested(MAX_DEPTH))

    with pytest.raises(EnvelopeInvalid):
        check_depth(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "document",
    [
        b"[" + b"[]," * 5000 + b"{}]",
        b'["' + b"[" * 5000 + b'"]',
        b'["\\"' + b"[{" * 5000 + b'"]',
        b'["\\\\", "' + b"[" * 5000 + b'"]',
        b"[" + (nested(MAX_DEPTH - 1) + b",") * 70 + b"1]",
    ],
)
def test_many_brackets_do_not_make_a_document_deep(document: bytes) -> None:
    check_depth(document)


@pytest.mark.parametrize(
    "document",
    [
        nested(MAX_DEPTH + 1, inner=b'"]]]]]]"'),
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
        b'[{"a\\"":' * 501 + b"1" + b"}]" * 501,
        b'["' + b"x" * 65534 + b'",' + nested(MAX_DEPTH) + b"]",
        b'["\\\\",' + nested(MAX_DEPTH) + b"]",
    ],
)
def test_brackets_in_strings_do_not_hide_depth(document: bytes) -> None:
    json.loads(document)

    with pytest.raises(EnvelopeInvalid):
        check_depth(document)


@given(st.binary(max_size=5000))
def test_arbitrary_bytes_are_checked_without_another_error(document: bytes) -> None:
    with suppress(EnvelopeInvalid):
        check_depth(b"[" * MAX_DEPTH + document)
