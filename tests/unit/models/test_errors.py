import pickle
from collections.abc import Iterator

import pytest

from traceflow.models import errors
from traceflow.models.errors import (
    AnswerInvalid,
    Misconfigured,
    RateLimited,
    Rejected,
    StoreUnavailable,
    TraceFlowError,
    Unavailable,
)


def tree(kind: type[TraceFlowError] = TraceFlowError) -> Iterator[type[TraceFlowError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("kind", list(tree()))
def test_an_error_survives_a_trip_between_processes_with_its_context(kind: type[TraceFlowError]) -> None:
    sent = kind("what went wrong", path="events[3]", retry_after_s=2)

    arrived = pickle.loads(pickle.dumps(sent))

    assert type(arrived) is kind
    assert arrived.message == "what went wrong"
    assert arrived.context == {"path": "events[3]", "retry_after_s": 2}


@pytest.mark.parametrize("kind", list(tree()))
def test_no_error_adds_constructor_parameters(kind: type[TraceFlowError]) -> None:
    assert "__init__" not in vars(kind) or kind is TraceFlowError


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in tree()]

    assert len(codes) == len(set(codes))


def test_only_what_a_dependency_caused_is_worth_a_retry() -> None:
    assert StoreUnavailable.retryable
    assert Unavailable.retryable
    assert not any(kind.retryable for kind in (Rejected, RateLimited, AnswerInvalid, Misconfigured))


def test_the_tree_is_drawn_with_every_name_in_the_docstring() -> None:
    assert errors.__doc__ is not None
    assert not [kind.__name__ for kind in tree() if kind.__name__ not in errors.__doc__]
