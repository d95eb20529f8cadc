"""Hop 11. The conditions of a list of sessions, as PostgreSQL is asked them."""

from sqlalchemy import ColumnElement, Text, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from traceflow.datasets.store.tables import SESSIONS
from traceflow.models.session.listing import ABSENT, FACETS, SessionQuery

_ESCAPED = frozenset('"\\')
# What a list of pages has outside their quotation marks.
_BETWEEN = "[], "

_Conditions = list[ColumnElement[bool] | None]


def session_filters(query: SessionQuery) -> list[ColumnElement[bool]]:
    """Return the conditions that a session has to meet, one and all; its project is the caller's to add."""
    conditions = [*_by_time(query), *_by_content(query), *_by_client(query), *_by_visitor(query)]
    return [condition for condition in conditions if condition is not None]


def _by_time(query: SessionQuery) -> _Conditions:
    start, duration = SESSIONS.c.started_order, SESSIONS.c.duration_order
    shortest, longest = query.min_duration_ms, query.max_duration_ms
    return [
        None if query.from_ms is None else start >= query.from_ms,
        None if query.to_ms is None else (start < query.to_ms) & (start > ABSENT),
        None if shortest is None else duration >= shortest,
        None if longest is None else (duration <= longest) & (duration > ABSENT),
    ]


def _by_content(query: SessionQuery) -> _Conditions:
    columns = SESSIONS.c
    return [
        None if query.state is None else columns.state == query.state.value,
        None if query.page is None else _has_page(query.page),
        None if query.signal is None else columns.signal_counts.has_key(query.signal.value),
        None if query.min_score is None else columns.frustration_score >= query.min_score,
        None if query.max_score is None else columns.frustration_score <= query.max_score,
        None if query.has_error is None else (columns.errors > 0) == query.has_error,
        None if query.q is None else _mentions(query.q),
    ]


def _by_client(query: SessionQuery) -> _Conditions:
    asked = [(SESSIONS.c[facet], getattr(query, facet)) for facet in FACETS]
    return [None if value is None else column == value for column, value in asked]


def _by_visitor(query: SessionQuery) -> _Conditions:
    columns, visitor = SESSIONS.c, query.visitor
    by_id = or_(columns.anonymous_id == visitor, columns.identified_id == visitor)
    # One condition for each: of two values asked for one name, no session has both.
    traits = [columns.traits.contains(literal({name: value}, JSONB)) for name, value in query.traits]
    return [None if visitor is None else by_id, *traits]


def _has_page(page: str) -> ColumnElement[bool]:
    whole = SESSIONS.c.pages.cast(Text)
    if _is_within_one(page):
        return func.strpos(whole, page) > 0
    pages = func.jsonb_array_elements_text(SESSIONS.c.pages).table_valued("value")
    return exists(select(literal(1)).select_from(pages).where(func.strpos(pages.c.value, page) > 0))


def _mentions(text: str) -> ColumnElement[bool]:
    columns, part = SESSIONS.c, func.lower(text)
    pages = func.jsonb_array_elements_text(columns.pages).table_valued("value")
    if _is_within_one(text):
        in_page = func.strpos(func.lower(columns.pages.cast(Text)), part) > 0
    else:
        found = select(literal(1)).select_from(pages).where(func.strpos(func.lower(pages.c.value), part) > 0)
        in_page = exists(found)
    return or_(func.strpos(func.lower(columns.session_id), part) > 0, in_page)


def _is_within_one(part: str) -> bool:
    """Tell whether the array's JSON holds this text exactly where one of its pages does.

    Reading a list of pages as one text is quicker than unpacking it. What JSON escapes, or writes between
    two pages, has to be looked for in each.
    """
    is_plain = not any(character in _ESCAPED or character < " " for character in part)
    return is_plain and part.strip(_BETWEEN) != ""
