"""How sessions are listed: filters, sort and the cursor that a page ends with."""

import base64
import binascii
import json
import math
from dataclasses import dataclass
from enum import StrEnum

from traceflow.models.detection.signal import SignalKind
from traceflow.models.errors import RequestInvalid
from traceflow.models.session.session import SessionRecord, SessionState

MAX_LIMIT = 200
DEFAULT_LIMIT = 50

# What stands for a sort value that a session does not have (no event yet): below every real one.
ABSENT = -1
# Event times end at 2^53 (ARCHITECTURE section 6, Segment).
_MAX_TIME_MS = 2**53
_MAX_PAGE = 8192
_MAX_VALUE = 1024
_MAX_TRAITS = 16
_MAX_CURSOR = 1024


# What sessions are found by beside what happened in them; each is a menu of the values that there are.
FACETS = ("device", "browser", "os", "country", "release", "environment")

# A menu of more than this is searched, not read.
FACET_VALUES_AT_MOST = 100


class SessionSort(StrEnum):
    """What sessions are ordered by; the session's id settles equal values."""

    STARTED_AT = "started_at"
    DURATION = "duration"
    FRUSTRATION_SCORE = "frustration_score"


class SortOrder(StrEnum):
    """Smallest or largest first."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPosition:
    """The last item of a page: the next one starts behind it."""

    value: float
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuery:
    """One page of a project's sessions.

    ``from_ms`` (included) and ``to_ms`` (not) bound the start; ``page`` fits a page's address that is or
    contains it. ``visitor`` is one of the visitor's two ids; of ``traits``, names and values, all have to
    fit; ``q`` is part of a page's address or of the session's id, in capitals or not. Raises RequestInvalid
    whose ``path`` names the value at fault.
    """

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    sort: SessionSort = SessionSort.STARTED_AT
    order: SortOrder = SortOrder.DESC
    from_ms: int | None = None
    to_ms: int | None = None
    state: SessionState | None = None
    page: str | None = None
    signal: SignalKind | None = None
    min_score: float | None = None
    has_error: bool | None = None
    max_score: float | None = None
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    device: str | None = None
    browser: str | None = None
    os: str | None = None
    country: str | None = None
    release: str | None = None
    environment: str | None = None
    visitor: str | None = None
    traits: tuple[tuple[str, str], ...] = ()
    q: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise _invalid("limit", f"must be from 1 to {MAX_LIMIT}")
        for path in ("from_ms", "to_ms", "min_duration_ms", "max_duration_ms"):
            _check_time(path, getattr(self, path))
        for path in ("min_score", "max_score"):
            _check_score(path, getattr(self, path))
        for path in ("page", "q"):
            _check_text(path, getattr(self, path), longest=_MAX_PAGE)
        for path in (*FACETS, "visitor"):
            _check_text(path, getattr(self, path), longest=_MAX_VALUE)
        _check_traits(self.traits)
        self.position()

    def position(self) -> ListPosition | None:
        """Return where this page starts, None for the first."""
        if self.cursor is None:
            return None
        return _decoded(self.cursor, sort=self.sort, order=self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """A page of sessions; ``next_cursor`` is None on the last."""

    items: tuple[SessionRecord, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """A value and how many of the sessions asked for have it."""

    value: str
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacets:
    """What there is to filter by: per facet the values, the most frequent first."""

    device: tuple[FacetValue, ...] = ()
    browser: tuple[FacetValue, ...] = ()
    os: tuple[FacetValue, ...] = ()
    country: tuple[FacetValue, ...] = ()
    release: tuple[FacetValue, ...] = ()
    environment: tuple[FacetValue, ...] = ()


def cursor_behind(record: SessionRecord, *, sort: SessionSort, order: SortOrder) -> str:
    """Name the place behind a session in this order."""
    fields = [sort, order, sort_value(record, sort=sort), record.session.session_id]
    content = json.dumps(fields, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def sort_value(record: SessionRecord, *, sort: SessionSort) -> float:
    """Return what a session is ordered by."""
    if sort is SessionSort.FRUSTRATION_SCORE:
        return record.frustration.score
    value = record.started_at_ms if sort is SessionSort.STARTED_AT else record.duration_ms
    return ABSENT if value is None else value


def _decoded(cursor: str, *, sort: SessionSort, order: SortOrder) -> ListPosition:
    try:
        if len(cursor) > _MAX_CURSOR:
            raise ValueError
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        cursor_sort, cursor_order, value, session_id = json.loads(content)
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise _invalid("cursor", "is not one that this list gave") from error
    if (cursor_sort, cursor_order) != (sort.value, order.value):
        raise _invalid("cursor", "belongs to another sort or order")
    if not _is_value(value, sort=sort) or not _is_id(session_id):
        raise _invalid("cursor", "is not one that this list gave")
    return ListPosition(value=value, session_id=session_id)


def _is_value(value: object, *, sort: SessionSort) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return ABSENT <= value <= _MAX_TIME_MS
    return sort is SessionSort.FRUSTRATION_SCORE and isinstance(value, float) and math.isfinite(value)


def _is_id(value: object) -> bool:
    # PostgreSQL's text takes neither NUL nor lone surrogates; a session's id is ASCII anyway.
    return isinstance(value, str) and value.isascii() and "\x00" not in value


def read_trait(text: str) -> tuple[str, str]:
    """Read ``name:value``; raises RequestInvalid."""
    name, colon, value = text.partition(":")
    if not colon or not name:
        raise _invalid("trait", "must be name:value")
    return name, value


def _check_time(path: str, time_ms: int | None) -> None:
    if time_ms is not None and not 0 <= time_ms <= _MAX_TIME_MS:
        raise _invalid(path, "must be from 0 to 2^53")


def _check_score(path: str, score: float | None) -> None:
    if score is not None and not math.isfinite(score):
        raise _invalid(path, "must be a finite number")


def _check_text(path: str, text: str | None, *, longest: int) -> None:
    if text is not None and not (0 < len(text) <= longest and _is_storable(text)):
        raise _invalid(path, f"must be 1 to {longest} characters of text")


def _check_traits(traits: tuple[tuple[str, str], ...]) -> None:
    if len(traits) > _MAX_TRAITS:
        raise _invalid("trait", f"may stand {_MAX_TRAITS} times at most")
    if not all(len(text) <= _MAX_VALUE and _is_storable(text) for trait in traits for text in trait):
        raise _invalid("trait", f"must be text of {_MAX_VALUE} characters at most on either side")


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _invalid(path: str, problem: str) -> RequestInvalid:
    return RequestInvalid(f"{path} {problem}.", path=path)
