"""A saved view: a name for a filtered and sorted list of sessions."""

from dataclasses import dataclass

from traceflow.models.errors import RequestInvalid

MAX_NAME_LENGTH = 100
# A page's address takes 2,000 characters in every browser.
MAX_QUERY_LENGTH = 2000
# A menu of more is none; it also bounds what one project can store.
MAX_VIEWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """``query`` is the list's query string, without the question mark."""

    view_id: str
    name: str
    query: str
    created_at_ms: int


def checked_view(*, view_id: str, name: str, query: str, created_at_ms: int) -> SavedView:
    """Return the view; raises RequestInvalid where its name or query does not fit."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= MAX_NAME_LENGTH or not trimmed.isprintable():
        raise RequestInvalid(f"A name is 1 to {MAX_NAME_LENGTH} printable characters.", path="name")
    if len(query) > MAX_QUERY_LENGTH or not query.isprintable():
        raise RequestInvalid(f"A query is at most {MAX_QUERY_LENGTH} printable characters.", path="query")
    return SavedView(view_id=view_id, name=trimmed, query=query, created_at_ms=created_at_ms)
