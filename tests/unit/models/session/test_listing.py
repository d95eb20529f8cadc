import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from traceflow.models.detection.frustration import Frustration
from traceflow.models.errors import RequestInvalid
from traceflow.models.session.key import SessionKey
from traceflow.models.session.listing import (
    ListPosition,
    SessionQuery,
    SessionSort,
    SortOrder,
    cursor_behind,
    read_trait,
)
from traceflow.models.session.session import SessionRecord, SessionState


@pytest.fixture
def record() -> SessionRecord:
    return SessionRecord(
        session=SessionKey(tenant_id="acme", project_id="shop", session_id="s-1"),
        state=SessionState.OPEN,
        revision=0,
        started_at_ms=1_000,
        ended_at_ms=1_750,
        first_arrival_ms=0,
        opened_at_ms=0,
        last_arrival_ms=0,
        windows=1,
        events=1,
        errors=0,
        frustration=Frustration(score=33.300000000000004, parts=()),
        signal_counts={},
        pages=(),
        masked={},
        visitor=b"null",
        sdk="",
        wrapped_key=b"",
        sampling_probability=1.0,
        sampling_reason="",
    )


@pytest.mark.parametrize("order", list(SortOrder))
@pytest.mark.parametrize(
    ("sort", "value"),
    [
        (SessionSort.STARTED_AT, 1_000),
        (SessionSort.DURATION, 750),
        (SessionSort.FRUSTRATION_SCORE, 33.300000000000004),
    ],
)
def test_a_cursor_leads_behind_its_session(
    record: SessionRecord, sort: SessionSort, order: SortOrder, value: float
) -> None:
    cursor = cursor_behind(record, sort=sort, order=order)

    position = SessionQuery(cursor=cursor, sort=sort, order=order).position()

    assert position == ListPosition(value=value, session_id="s-1")


def test_a_session_without_events_sorts_below_every_other(record: SessionRecord) -> None:
    empty = replace(record, started_at_ms=None, ended_at_ms=None)

    cursor = cursor_behind(empty, sort=SessionSort.DURATION, order=SortOrder.ASC)

    query = SessionQuery(cursor=cursor, sort=SessionSort.DURATION, order=SortOrder.ASC)
    assert query.position() == ListPosition(value=-1, session_id="s-1")


def test_a_cursor_of_another_sort_or_order_is_refused(record: SessionRecord) -> None:
    cursor = cursor_behind(record, sort=SessionSort.STARTED_AT, order=SortOrder.ASC)

    for sort, order in (
        (SessionSort.STARTED_AT, SortOrder.DESC),
        (SessionSort.DURATION, SortOrder.ASC),
    ):
        with pytest.raises(RequestInvalid) as refused:
            SessionQuery(cursor=cursor, sort=sort, order=order)
        assert refused.value.context["path"] == "cursor"


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "!!!",
        "é",
        "\ud800",
        encoded(None),
        encoded([]),
        encoded({"a": 1, "b": 2, "c": 3, "d": 4}),
        encoded(["started_at", "desc", 1]),
        encoded(["started_at", "desc", "1", "s"]),
        encoded(["started_at", "desc", 1.5, "s"]),
        encoded(["started_at", "desc", True, "s"]),
        encoded(["started_at", "desc", None, "s"]),
        encoded(["started_at", "desc", 10**30, "s"]),
        encoded(["started_at", "desc", -2, "s"]),
        encoded(["started_at", "desc", float("nan"), "s"]),
        encoded(["started_at", "desc", 1, 5]),
        encoded(["started_at", "desc", 1, "a\x00"]),
        encoded(["started_at", "desc", 1, "a\ud800"]),
        encoded([["started_at"], "desc", 1, "s"]),
        "A" * 100_000,
        base64.urlsafe_b64encode(b"[" * 700).decode(),
    ],
)
def test_a_cursor_that_no_list_gave_is_refused(cursor: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        SessionQuery(cursor=cursor)

    assert refused.value.context["path"] == "cursor"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("limit", 0),
        ("limit", 201),
        ("limit", -1),
        ("from_ms", -1),
        ("to_ms", 2**53 + 1),
        ("min_score", float("nan")),
        ("min_score", float("inf")),
        ("page", ""),
        ("page", "a\x00"),
        ("page", "\udc00"),
        ("page", "x" * 10_000),
        ("max_score", float("nan")),
        ("min_duration_ms", -1),
        ("max_duration_ms", 2**53 + 1),
        ("q", ""),
        ("q", "a\x00"),
        ("device", ""),
        ("release", "x" * 1025),
        ("visitor", "\ud800"),
    ],
)
def test_a_value_that_no_session_could_have_is_refused_by_name(path: str, value: Any) -> None:
    make: Callable[..., SessionQuery] = SessionQuery

    with pytest.raises(RequestInvalid) as refused:
        make(**{path: value})

    assert refused.value.context["path"] == path


@pytest.mark.parametrize(
    "traits", [(("a", "b\x00"),), (("\ud800", "b"),), (("a", "b" * 1025),), (("a", "b"),) * 17]
)
def test_a_trait_that_no_visitor_could_have_is_refused(traits: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(RequestInvalid) as refused:
        SessionQuery(traits=traits)

    assert refused.value.context["path"] == "trait"


@pytest.mark.parametrize(
    ("text", "trait"), [("plan:pro", ("plan", "pro")), ("a:b:c", ("a", "b:c")), ("plan:", ("plan", ""))]
)
def test_a_trait_is_a_name_and_a_value(text: str, trait: tuple[str, str]) -> None:
    assert read_trait(text) == trait


@pytest.mark.parametrize("text", ["plan", "", ":pro"])
def test_a_trait_without_a_name_or_a_colon_is_refused(text: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        read_trait(text)

    assert refused.value.context["path"] == "trait"
