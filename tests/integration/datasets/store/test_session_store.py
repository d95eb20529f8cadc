import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.datasets.store.session_store import SessionStore, _listing
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.datasets.store.tables import SESSIONS
from traceflow.models.detection.frustration import Frustration
from traceflow.models.detection.place import SignalPlace
from traceflow.models.detection.signal import SignalKind
from traceflow.models.enrichment.client import Client
from traceflow.models.session.listing import (
    FacetValue,
    SessionFacets,
    SessionQuery,
    SessionSort,
    SortOrder,
    cursor_behind,
)
from traceflow.models.session.session import SessionRecord, SessionState
from traceflow.models.session.timeline_mark import TimelineMark

pytestmark = pytest.mark.integration


@pytest.fixture
async def stored(database: Database, make: Any) -> tuple[SessionRecord, ...]:
    """Twelve sessions: few starts, durations and scores, so that most share theirs, and some without any."""
    records = tuple(
        make.record(
            f"s-{number:02}",
            started_at_ms=None if number % 4 == 3 else 1_000 * (number % 4),
            ended_at_ms=None if number % 4 == 3 else 1_000 * (number % 4) + 500 * (number % 2),
            frustration=Frustration(score=(number % 3) * 33.3, parts=()),
            state=SessionState.CLOSED if number % 2 else SessionState.OPEN,
            errors=number % 2,
            signal_counts={SignalKind.DEAD_CLICK: number % 3},
            pages=(f"https://shop.example/p/{number}", "https://shop.example/"),
            client=Client(
                device=("desktop", "mobile", None)[number % 3],
                browser="Chrome" if number < 8 else "Safari",
                release=f"1.{number % 2}",
            ),
            visitor=json.dumps(
                {
                    "anonymous_id": f"a-{number // 2}",
                    "identified_id": f"u-{number}" if number % 4 == 0 else None,
                    "traits": {"plan": "pro" if number % 2 else "free", "seats": number % 3},
                }
            ).encode(),
        )
        for number in range(12)
    )
    await ShardStore(database).flush(make.batch(*(SessionFlush(record=record) for record in records)))
    return records


async def all_pages(database: Database, tenant_id: str, query: SessionQuery) -> list[SessionRecord]:
    found: list[SessionRecord] = []
    while True:
        page = await SessionStore(database).list_sessions(tenant_id=tenant_id, project_id="shop", query=query)
        assert len(page.items) <= query.limit
        found += page.items
        if page.next_cursor is None:
            return found
        query = replace(query, cursor=page.next_cursor)


def value_of(record: SessionRecord, sort: SessionSort) -> float:
    if sort is SessionSort.FRUSTRATION_SCORE:
        return record.frustration.score
    value = record.started_at_ms if sort is SessionSort.STARTED_AT else record.duration_ms
    return -1 if value is None else value


@pytest.mark.parametrize(
    "query",
    [
        SessionQuery(limit=limit, sort=sort, order=order)
        for sort in SessionSort
        for order in SortOrder
        for limit in (1, 5, 12, 200)
    ],
    ids=lambda query: f"{query.sort}-{query.order}-{query.limit}",
)
async def test_pages_give_every_session_once_and_in_order_whatever_they_share(
    database: Database, tenant_id: str, stored: tuple[SessionRecord, ...], query: SessionQuery
) -> None:
    found = await all_pages(database, tenant_id, query)

    expected = sorted(
        stored,
        key=lambda one: (value_of(one, query.sort), one.session.session_id),
        reverse=query.order is SortOrder.DESC,
    )
    assert [one.session.session_id for one in found] == [one.session.session_id for one in expected]


async def test_a_session_that_comes_in_between_pages_shifts_none_of_the_others(
    database: Database, tenant_id: str, stored: tuple[SessionRecord, ...], make: Any
) -> None:
    query = SessionQuery(limit=6, sort=SessionSort.STARTED_AT, order=SortOrder.DESC)
    store = SessionStore(database)
    first = await store.list_sessions(tenant_id=tenant_id, project_id="shop", query=query)

    newest = replace(stored[0], session=make.key("new"), started_at_ms=9_000, ended_at_ms=9_000)
    await ShardStore(database).flush(make.batch(SessionFlush(record=newest), expected="1-1", last="1-2"))
    rest = await all_pages(database, tenant_id, replace(query, cursor=first.next_cursor))

    assert {one.session for one in (*first.items, *rest)} == {one.session for one in stored}
    assert len(first.items) + len(rest) == len(stored)


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"from_ms": 1_000}, {1, 2, 5, 6, 9, 10}),
        ({"to_ms": 1_000}, {0, 4, 8}),
        ({"from_ms": 1_000, "to_ms": 2_000}, {1, 5, 9}),
        ({"state": SessionState.CLOSED}, {1, 3, 5, 7, 9, 11}),
        ({"page": "https://shop.example/p/7"}, {7}),
        ({"page": "/p/1"}, {1, 10, 11}),
        ({"page": "%"}, set()),
        ({"signal": SignalKind.DEAD_CLICK}, {1, 2, 4, 5, 7, 8, 10, 11}),
        ({"signal": SignalKind.RAGE_CLICK}, set()),
        ({"min_score": 33.3}, {1, 2, 4, 5, 7, 8, 10, 11}),
        ({"min_score": 66}, {2, 5, 8, 11}),
        ({"has_error": True}, {1, 3, 5, 7, 9, 11}),
        ({"has_error": False}, {0, 2, 4, 6, 8, 10}),
        ({"has_error": True, "state": SessionState.OPEN}, set()),
        ({"max_score": 0}, {0, 3, 6, 9}),
        ({"min_score": 1, "max_score": 40}, {1, 4, 7, 10}),
        ({"min_duration_ms": 1}, {1, 5, 9}),
        ({"max_duration_ms": 0}, {0, 2, 4, 6, 8, 10}),
        ({"device": "mobile"}, {1, 4, 7, 10}),
        ({"device": "mobile", "browser": "Safari"}, {10}),
        ({"release": "1.1", "browser": "Safari"}, {9, 11}),
        ({"os": "Linux"}, set()),
        ({"country": "DE"}, set()),
        ({"environment": "x"}, set()),
        ({"visitor": "a-3"}, {6, 7}),
        ({"visitor": "u-8"}, {8}),
        ({"visitor": "a"}, set()),
        ({"traits": (("plan", "pro"),)}, {1, 3, 5, 7, 9, 11}),
        ({"traits": (("plan", "pro"), ("seats", "2"))}, {5, 11}),
        ({"traits": (("plan", "pro"), ("plan", "free"))}, set()),
        ({"traits": (("plan", "%"),)}, set()),
        ({"q": "SHOP.example/P/1"}, {1, 10, 11}),
        ({"q": "s-0"}, set(range(10))),
        ({"q": "S-03"}, {3}),
        ({"q": '", "'}, set()),
        ({"q": "["}, set()),
        ({"q": ", "}, set()),
        ({"page": ", "}, set()),
        ({"q": "\\"}, set()),
        ({"q": "%"}, set()),
    ],
)
async def test_filters_keep_what_fits_all_of_them(
    database: Database,
    tenant_id: str,
    stored: tuple[SessionRecord, ...],
    filters: dict[str, object],
    numbers: set[int],
) -> None:
    found = await all_pages(database, tenant_id, SessionQuery(limit=4, **filters))  # type: ignore[arg-type]

    assert {one.session for one in found} == {stored[number].session for number in numbers}


async def test_a_recording_is_read_in_the_order_of_its_windows_first_events(
    database: Database, make: Any
) -> None:
    entries = (
        make.entry(0, "late", min_timestamp_ms=900),
        make.entry(1, "early", min_timestamp_ms=800),
        make.entry(0, "early", min_timestamp_ms=850),
        make.entry(0, "empty", min_timestamp_ms=None, max_timestamp_ms=None),
        make.entry(3, "late", is_final=True),
    )
    record = make.record()
    await ShardStore(database).flush(make.batch(SessionFlush(record=record, segments=entries)))

    index = await SessionStore(database).recording_index(record.session)
    windows = await SessionStore(database).windows(record.session)

    assert index.wrapped_key == record.wrapped_key
    assert [(one.window_id, one.segment_id) for one in index.entries] == [
        ("early", 0),
        ("early", 1),
        ("late", 0),
        ("late", 3),
        ("empty", 0),
    ]
    assert {one.window_id: one.gaps for one in windows} == {"early": (), "empty": (), "late": (1, 2)}


@pytest.mark.parametrize("sort", list(SessionSort))
async def test_a_page_deep_in_the_list_starts_in_the_index_and_not_at_its_head(
    database: Database, tenant_id: str, stored: tuple[SessionRecord, ...], sort: SessionSort
) -> None:
    # Row-level security keeps every condition that is not leakproof out of an index scan, silently.
    cursor = cursor_behind(stored[5], sort=sort, order=SortOrder.DESC)
    query = SessionQuery(cursor=cursor, sort=sort, order=SortOrder.DESC, from_ms=0)
    statement = _listing(query).where(SESSIONS.c.tenant_id == tenant_id, SESSIONS.c.project_id == "shop")
    listing = str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))

    async with database.tenant_transaction(tenant_id) as connection:
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        await connection.exec_driver_sql("SET LOCAL enable_sort = off")
        plan = (await connection.exec_driver_sql(f"EXPLAIN {listing}")).scalars().all()

    (condition,) = [line for line in plan if "Index Cond" in line]
    assert "ROW(" in condition


async def test_the_menus_count_the_sessions_that_fit_the_filters(
    database: Database, tenant_id: str, stored: tuple[SessionRecord, ...]
) -> None:
    assert len(stored) == 12
    store = SessionStore(database)

    everything = await store.facets(tenant_id=tenant_id, project_id="shop", query=SessionQuery(limit=1))
    filtered = await store.facets(
        tenant_id=tenant_id,
        project_id="shop",
        query=SessionQuery(browser="Chrome", visitor="a-3", has_error=True),
    )
    elsewhere = await store.facets(tenant_id=tenant_id, project_id="blog", query=SessionQuery())

    assert everything == SessionFacets(
        device=(FacetValue(value="desktop", sessions=4), FacetValue(value="mobile", sessions=4)),
        browser=(FacetValue(value="Chrome", sessions=8), FacetValue(value="Safari", sessions=4)),
        release=(FacetValue(value="1.0", sessions=6), FacetValue(value="1.1", sessions=6)),
    )
    assert filtered == SessionFacets(
        device=(FacetValue(value="mobile", sessions=1),),
        browser=(FacetValue(value="Chrome", sessions=1),),
        release=(FacetValue(value="1.1", sessions=1),),
    )
    assert elsewhere == SessionFacets()


async def test_what_a_page_is_called_is_looked_for_letter_by_letter(
    database: Database, tenant_id: str, make: Any
) -> None:
    odd = make.record("odd", pages=('https://a.example/"x"\\y', "https://a.example/é?b=c, d"))
    await ShardStore(database).flush(make.batch(SessionFlush(record=odd)))

    found = {
        part: len(await all_pages(database, tenant_id, SessionQuery(page=part)))
        for part in ('"x"', "\\y", "\\\\", "é?b=c, d", ", ", 'y", "', "Y")
    }
    searched = len(await all_pages(database, tenant_id, SessionQuery(q='"X"\\Y')))

    assert found == {'"x"': 1, "\\y": 1, "\\\\": 0, "é?b=c, d": 1, ", ": 1, 'y", "': 0, "Y": 0}
    assert searched == 1


async def test_facts_visitor_and_places_come_back_as_they_were_stored(database: Database, make: Any) -> None:
    client = Client(device="tablet", browser="B\x00", os="O", release="\ud800", environment="e")
    timeline = (TimelineMark(kind="error", at_ms=5), TimelineMark(kind="navigation", at_ms=2**53))
    record = make.record(client=client, timeline=timeline)
    here = SignalPlace(page="https://a/?q=\x00", element="a#b.c", x=1.5, y=-2, viewport_width=1280)
    signals = (make.signal(2_000), make.signal(3_000))
    flush = SessionFlush(record=record, signals=signals, places={signals[0]: here})
    await ShardStore(database).flush(make.batch(flush))

    session = await SessionStore(database).session(record.session)
    stored = await SessionStore(database).signals(record.session)

    assert session.client == replace(client, browser="B\ufffd", release="\ufffd")
    assert session.timeline == timeline
    assert [one.place for one in stored] == [replace(here, page="https://a/?q=\ufffd"), SignalPlace()]


async def test_the_longest_names_that_rules_let_through_fit_their_indexes(
    database: Database, make: Any
) -> None:
    # Four bytes each, and nothing that compression would make shorter.
    odd = "".join(chr(0x10000 + (number * 7919) % 60_000) for number in range(1_000))
    client = Client(
        device="desktop",
        browser=odd[:64],
        os=odd[64:128],
        country="DE",
        release=odd[:200],
        environment=odd[-64:],
    )
    visitor = json.dumps({"anonymous_id": odd, "identified_id": odd[::-1]}).encode()
    record = make.record("s" * 128, client=client, visitor=visitor)
    signal = make.signal()
    place = SignalPlace(page=odd, element=odd[:300])
    flush = SessionFlush(record=record, signals=(signal,), places={signal: place})

    await ShardStore(database).flush(make.batch(flush))

    (stored,) = await SessionStore(database).signals(record.session)
    assert stored.place == place
    assert (await SessionStore(database).session(record.session)).client == client
