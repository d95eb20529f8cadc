from collections.abc import Iterator
from datetime import timedelta

import pytest

from traceflow.models.errors import (
    AnswerInvalid,
    Misconfigured,
    ProviderThrottled,
    RecordCorrupt,
    Rejected,
    TraceFlowError,
    Unavailable,
)
from traceflow.workflows.activities.errors import to_application_error


def _tree(root: type[TraceFlowError]) -> Iterator[type[TraceFlowError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


@pytest.mark.parametrize("kind", [*_tree(TraceFlowError)])
def test_every_error_reaches_temporal_by_its_code(kind: type[TraceFlowError]) -> None:
    error = to_application_error(kind("It went wrong."))

    assert (error.type, error.message) == (kind.code, "It went wrong.")


@pytest.mark.parametrize("kind", [*_tree(Unavailable)])
def test_what_may_succeed_later_is_tried_again(kind: type[TraceFlowError]) -> None:
    assert not to_application_error(kind()).non_retryable


@pytest.mark.parametrize("kind", [*_tree(Rejected), AnswerInvalid, RecordCorrupt, Misconfigured])
def test_what_cannot_succeed_later_is_not_tried_again(kind: type[TraceFlowError]) -> None:
    assert to_application_error(kind()).non_retryable


def test_codes_are_distinct() -> None:
    codes = [kind.code for kind in _tree(TraceFlowError)]

    assert len(set(codes)) == len(codes)


def test_a_wait_that_was_asked_for_is_kept() -> None:
    error = to_application_error(ProviderThrottled("Slow down.", retry_after_s=3.5))

    assert error.next_retry_delay == timedelta(seconds=3.5)
