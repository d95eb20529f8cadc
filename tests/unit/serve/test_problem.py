import json
from collections.abc import Iterator

import pytest

from traceflow.models import errors
from traceflow.models.errors import (
    NotFound,
    RateLimited,
    RecordCorrupt,
    RequestInvalid,
    StoreUnavailable,
    TraceFlowError,
    Unauthenticated,
    Unavailable,
)
from traceflow.serve.problem import STATUS_OF, problem_for


def leaves(kind: type[TraceFlowError]) -> Iterator[type[TraceFlowError]]:
    children = kind.__subclasses__()
    if not children:
        yield kind
    for child in children:
        yield from leaves(child)


LEAVES = [kind for kind in leaves(TraceFlowError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_each_leaf_of_the_error_tree_has_a_row(kind: type[TraceFlowError]) -> None:
    assert kind in STATUS_OF


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_retryable_errors_answer_503_and_only_they(kind: type[TraceFlowError]) -> None:
    assert (problem_for(kind("…")).status == 503) == kind.retryable


def test_an_error_is_a_problem_document_with_code_detail_and_path() -> None:
    problem = problem_for(RequestInvalid("limit must be 1 to 200.", path="limit"))

    assert problem.status == 400
    assert dict(problem.headers)[b"content-type"] == b"application/problem+json"
    assert dict(problem.headers)[b"content-length"] == b"%d" % len(problem.body)
    assert json.loads(problem.body) == {
        "title": "Bad Request",
        "status": 400,
        "code": "request_invalid",
        "detail": "limit must be 1 to 200.",
        "path": "limit",
    }


def test_a_problem_without_a_field_has_no_path() -> None:
    assert "path" not in json.loads(problem_for(NotFound("No such session.")).body)


def test_unavailable_says_when_to_come_again() -> None:
    assert dict(problem_for(StoreUnavailable("down")).headers)[b"retry-after"] == b"1"
    assert dict(problem_for(StoreUnavailable("down", retry_after_s=None)).headers)[b"retry-after"] == b"1"


def test_a_rate_limit_rounds_its_seconds_up_and_names_the_category() -> None:
    headers = dict(problem_for(RateLimited("slow down", retry_after_s=2.1)).headers)

    assert headers[b"retry-after"] == b"3"
    assert headers[b"x-traceflow-rate-limits"] == b"3:segment"


def test_an_unknown_key_is_told_the_scheme() -> None:
    assert (b"www-authenticate", b"Bearer") in problem_for(Unauthenticated("no key")).headers


def test_a_fault_of_ours_tells_nothing_of_the_inside() -> None:
    assert b"/secret/place" not in problem_for(RecordCorrupt("block at /secret/place is torn")).body


def test_a_subclass_without_a_row_takes_its_ancestors() -> None:
    class SearchUnavailable(Unavailable):
        code = "search_unavailable"

    class WindowNotFound(NotFound):
        code = "window_not_found"

    assert problem_for(SearchUnavailable("down")).status == 503
    assert problem_for(WindowNotFound("gone")).status == 404


def test_a_lone_surrogate_in_a_detail_is_no_crash() -> None:
    assert problem_for(RequestInvalid("bad \ud800", path="a\udfff")).status == 400
