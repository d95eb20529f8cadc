from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.flush_batch import SessionFlush
from traceflow.datasets.store.overview_store import _ERRORS, _PROBLEMS, _RAGE_TOTALS, OverviewStore
from traceflow.datasets.store.shard_store import ShardStore
from traceflow.models.detection.error_group import error_fingerprint
from traceflow.models.detection.frustration import Frustration
from traceflow.models.detection.place import SignalPlace
from traceflow.models.detection.signal import SignalKind
from traceflow.models.evidence import Evidence
from traceflow.models.session.facts import ErrorSeen
from traceflow.models.session.listing import FACETS
from traceflow.models.session.overview import (
    DAY_MS,
    HOUR_MS,
    ErrorGroup,
    Example,
    FrustrationBucket,
    Hotspot,
    HotspotQuery,
    Overview,
    Period,
    Problem,
)

pytestmark = pytest.mark.integration

START_MS = 1_764_000_000_000 // DAY_MS * DAY_MS
CART = "https://shop.example/cart"
HELP = "https://shop.example/help"


def session(make: Any, name: str, *, start_ms: int, score: float, **more: Any) -> SessionFlush:
    signals = {make.signal(start_ms + at_ms, kind): place for at_ms, kind, place in more.get("signals", ())}
    errors = tuple(
        ErrorSeen(
            kind="error",
            name=message or error_name,
            error_name=error_name,
            message=message,
            evidence=Evidence(window_id="w1", segment_id=0, event_index=at_ms, at_ms=start_ms + at_ms),
        )
        for at_ms, error_name, message in more.get("errors", ())
    )
    record = make.record(
        name,
        started_at_ms=start_ms,
        ended_at_ms=start_ms + 60_000,
        frustration=Frustration(score=score, parts=()),
        signal_counts={signal.kind: 1 for signal in signals},
    )
    return SessionFlush(
        record=record,
        signals=tuple(signals),
        places=signals,
        notable_events=(*errors, make.event(9_000)),
    )


@pytest.fixture
async def stored(database: Database, make: Any) -> None:
    """Five sessions over two hours of one day and one of the next day; and one without events."""
    rage, dead = SignalKind.RAGE_CLICK, SignalKind.DEAD_CLICK
    pay = SignalPlace(page=f"{CART}?step=2", element="#pay", x=10.4, y=20, viewport_width=1280)
    flushes = (
        session(
            make,
            "s-1",
            start_ms=START_MS,
            score=80,
            signals=[(10, rage, pay), (20, rage, replace(pay, page=f"{CART}#top")), (30, dead, pay)],
            errors=[(40, "TypeError", "Cannot read 'a'"), (50, "TypeError", "Cannot read 'b'")],
        ),
        session(
            make,
            "s-2",
            start_ms=START_MS + 1000,
            score=40,
            signals=[(10, rage, replace(pay, x=30.0, viewport_width=390))],
            errors=[(60, "TypeError", "Cannot read 'c'")],
        ),
        session(
            make, "s-3", start_ms=START_MS + HOUR_MS, score=20, signals=[(10, dead, SignalPlace(page=HELP))]
        ),
        session(make, "s-4", start_ms=START_MS + HOUR_MS, score=0, errors=[(1, "", "Gone")]),
        session(make, "s-5", start_ms=START_MS + DAY_MS, score=0, signals=[(5, rage, SignalPlace())]),
        SessionFlush(record=make.record("s-6", started_at_ms=None, ended_at_ms=None), signals=()),
    )
    await ShardStore(database).flush(make.batch(*flushes))


@pytest.mark.usefixtures("stored")
async def test_the_overview_of_a_day_is_what_a_hand_calculation_gives(
    database: Database, tenant_id: str
) -> None:
    day = Period(from_ms=START_MS, to_ms=START_MS + DAY_MS)

    overview = await OverviewStore(database).overview(tenant_id=tenant_id, project_id="shop", period=day)

    cannot_read = error_fingerprint("TypeError", "Cannot read 'a'")
    assert overview == Overview(
        sessions=4,
        sessions_with_signals=3,
        median_score=30.0,
        frustration=(
            FrustrationBucket(at_ms=START_MS, sessions=2, mean_score=60.0, p90_score=76.0),
            FrustrationBucket(at_ms=START_MS + HOUR_MS, sessions=2, mean_score=10.0, p90_score=18.0),
        ),
        bucket_ms=HOUR_MS,
        problems=(
            Problem(
                kind="rage_click",
                page=CART,
                element="#pay",
                signals=3,
                sessions=2,
                share=0.5,
                example=Example(session_id="s-2", at_ms=START_MS + 1010),
            ),
            Problem(
                kind="dead_click",
                page=CART,
                element="#pay",
                signals=1,
                sessions=1,
                share=0.25,
                example=Example(session_id="s-1", at_ms=START_MS + 30),
            ),
            Problem(
                kind="dead_click",
                page=HELP,
                element=None,
                signals=1,
                sessions=1,
                share=0.25,
                example=Example(session_id="s-3", at_ms=START_MS + HOUR_MS + 10),
            ),
        ),
        errors=(
            ErrorGroup(
                group_id=cannot_read,
                name="TypeError",
                message="Cannot read 'c'",
                events=3,
                sessions=2,
                first_at_ms=START_MS + 40,
                last_at_ms=START_MS + 1060,
                example=Example(session_id="s-2", at_ms=START_MS + 1060),
            ),
            ErrorGroup(
                group_id=error_fingerprint("", "Gone"),
                name="",
                message="Gone",
                events=1,
                sessions=1,
                first_at_ms=START_MS + HOUR_MS + 1,
                last_at_ms=START_MS + HOUR_MS + 1,
                example=Example(session_id="s-4", at_ms=START_MS + HOUR_MS + 1),
            ),
        ),
    )


@pytest.mark.usefixtures("stored")
async def test_without_bounds_all_sessions_with_events_count(database: Database, tenant_id: str) -> None:
    overview = await OverviewStore(database).overview(tenant_id=tenant_id, project_id="shop", period=Period())

    assert (overview.sessions, overview.sessions_with_signals, overview.median_score) == (5, 4, 20.0)
    assert [bucket.sessions for bucket in overview.frustration] == [2, 2, 1]
    assert (overview.problems[-1].page, overview.problems[-1].share) == (None, 0.2)


@pytest.mark.usefixtures("stored")
async def test_beyond_three_days_a_bucket_is_a_day(database: Database, tenant_id: str) -> None:
    week = Period(from_ms=START_MS - 5 * DAY_MS, to_ms=START_MS + 2 * DAY_MS)

    overview = await OverviewStore(database).overview(tenant_id=tenant_id, project_id="shop", period=week)

    assert overview.bucket_ms == DAY_MS
    assert [(each.at_ms, each.sessions) for each in overview.frustration] == [
        (START_MS, 4),
        (START_MS + DAY_MS, 1),
    ]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("project_id", ["blog", "shop"])
async def test_where_there_are_no_sessions_there_are_no_figures(
    database: Database, tenant_id: str, project_id: str
) -> None:
    period = Period(from_ms=START_MS + 9 * DAY_MS) if project_id == "shop" else Period()

    overview = await OverviewStore(database).overview(
        tenant_id=tenant_id, project_id=project_id, period=period
    )

    assert overview == Overview(
        sessions=0,
        sessions_with_signals=0,
        median_score=None,
        frustration=(),
        bucket_ms=HOUR_MS,
        problems=(),
        errors=(),
    )


@pytest.mark.usefixtures("stored")
async def test_hot_spots_are_the_rage_clicks_of_one_page_whatever_its_query(
    database: Database, tenant_id: str
) -> None:
    query = HotspotQuery(page=f"{CART}?anything#here", period=Period())

    hotspots = await OverviewStore(database).hotspots(tenant_id=tenant_id, project_id="shop", query=query)

    assert (hotspots.page, hotspots.signals, hotspots.sessions) == (CART, 3, 2)
    assert hotspots.snapshot == Example(session_id="s-2", at_ms=START_MS + 1010)
    assert hotspots.points == (
        Hotspot(x=10.0, y=20.0, viewport_width=1280.0, signals=2),
        Hotspot(x=30.0, y=20.0, viewport_width=390.0, signals=1),
    )


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("page", "period"),
    [(HELP, Period()), (CART, Period(from_ms=START_MS + DAY_MS)), (CART, Period(to_ms=START_MS))],
)
async def test_a_page_without_rage_clicks_in_the_period_has_no_spots(
    database: Database, tenant_id: str, page: str, period: Period
) -> None:
    hotspots = await OverviewStore(database).hotspots(
        tenant_id=tenant_id, project_id="shop", query=HotspotQuery(page=page, period=period)
    )

    assert (hotspots.signals, hotspots.snapshot, hotspots.points) == (0, None, ())


@pytest.mark.usefixtures("stored")
async def test_another_tenant_sees_nothing(database: Database) -> None:
    overview = await OverviewStore(database).overview(
        tenant_id="t-somebody-else", project_id="shop", period=Period()
    )

    assert (overview.sessions, overview.problems, overview.errors) == (0, (), ())


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (_PROBLEMS, "signals_"),
        (_ERRORS, "events_"),
        (_RAGE_TOTALS, "page_group"),
    ],
    ids=["problems", "errors", "rage"],
)
async def test_every_figure_can_be_read_from_an_index_in_spite_of_row_level_security(
    database: Database, tenant_id: str, statement: Any, index: str
) -> None:
    given = {
        "tenant_id": tenant_id,
        "project_id": "shop",
        "from_ms": START_MS,
        "to_ms": START_MS + DAY_MS,
        "top": 20,
        "page": CART,
    }
    named = {name: value for name, value in given.items() if f":{name}" in statement.text}

    async with database.tenant_transaction(tenant_id) as connection:
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        await connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        rows = await connection.execute(text(f"EXPLAIN {statement.text}"), named)
        plan = rows.scalars().all()

    assert not [line for line in plan if "Seq Scan" in line]
    assert [line for line in plan if index in line]


async def test_an_index_holds_all_that_sums_of_sessions_are_made_of(
    database: Database, tenant_id: str
) -> None:
    # With few rows the planner takes any index; what it needs for an index-only scan is that nothing lacks.
    columns = (
        "SELECT attname FROM pg_attribute WHERE attrelid = 'sessions_started_at'::regclass ORDER BY attnum"
    )
    async with database.tenant_transaction(tenant_id) as connection:
        held = (await connection.exec_driver_sql(columns)).scalars().all()

    assert held[:4] == ["tenant_id", "project_id", "started_order", "session_id"]
    assert {"frustration_score", "signal_counts", *FACETS} <= set(held)
