from dataclasses import replace
from typing import Any

import httpx
import pytest

from traceflow.models.errors import StoreUnavailable
from traceflow.models.session.session import SessionState

ITEM = {
    "session_id": "s-1",
    "started_at_ms": 1_700_000_000_000,
    "ended_at_ms": 1_700_000_060_000,
    "duration_ms": 60_000,
    "state": "closed",
    "windows": 2,
    "events": 9,
    "errors": 1,
    "signals": {"rage_click": 1},
    "frustration_score": 25.0,
    "pages": ["https://shop.example/cart"],
    "visitor": {"anonymous_id": "a-1", "identified_id": None, "traits": {"plan": "pro"}},
    "device": "mobile",
    "browser": "Safari",
    "os": "iOS",
    "country": None,
    "release": "7",
    "environment": None,
    "timeline": [{"kind": "rage_click", "at_ms": 1_700_000_001_000}],
}
E = {"window_id": "w1", "segment_id": 0, "event_index": 2, "at_ms": 1_700_000_001_000}


async def test_the_list_holds_sessions_as_the_contract_spells_them(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/api/v1/sessions")

    assert answer.status_code == 200
    assert answer.json() == {"items": [ITEM], "next_cursor": None}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["started_at", "duration", "frustration_score"])
async def test_pages_give_every_session_once_in_order(
    world: Any, reader: httpx.AsyncClient, sort: str, order: str
) -> None:
    (template,) = world.sessions.records.values()
    for number in range(2, 8):
        record = replace(
            template,
            session=replace(template.session, session_id=f"s-{number}"),
            started_at_ms=template.started_at_ms + 1000 * (number % 3),
        )
        world.sessions.records[record.session] = record

    seen: list[dict[str, Any]] = []
    cursor = None
    for _ in range(4):
        query = {"limit": "2", "sort": sort, "order": order, **({"cursor": cursor} if cursor else {})}
        page = (await reader.get("/api/v1/sessions", params=query)).json()
        seen += page["items"]
        cursor = page["next_cursor"]

    field = {"started_at": "started_at_ms", "duration": "duration_ms"}.get(sort, sort)
    places = [(item[field], item["session_id"]) for item in seen]
    assert cursor is None
    assert len(set(places)) == 7
    assert places == sorted(places, reverse=order == "desc")


async def test_filters_reach_the_store(world: Any, reader: httpx.AsyncClient) -> None:
    query = (
        "from_ms=5&to_ms=9&state=open&page=https%3A%2F%2Fshop&signal=dead_click&min_score=12.5&has_error=true"
    )
    assert (await reader.get(f"/api/v1/sessions?{query}")).status_code == 200

    (asked,) = world.sessions.queries
    assert (asked.from_ms, asked.to_ms, asked.state) == (5, 9, SessionState.OPEN)
    assert (asked.page, asked.signal, asked.min_score, asked.has_error) == (
        "https://shop",
        "dead_click",
        12.5,
        True,
    )


FACTS = {
    "device": "mobile",
    "browser": "Safari",
    "os": "iOS",
    "country": "DE",
    "release": "1.2 beta",
    "environment": "production",
    "visitor": "a-1",
    "q": "cart",
}


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/sessions/facets"])
async def test_filters_by_facts_reach_the_store_from_the_list_and_from_its_menus(
    world: Any, reader: httpx.AsyncClient, path: str
) -> None:
    numbers = {"min_duration_ms": 1, "max_duration_ms": 2, "max_score": 80.5}
    traits = [("trait", "plan:pro"), ("trait", "team:a:b")]

    answer = await reader.get(path, params=[*FACTS.items(), *numbers.items(), *traits])

    (asked,) = world.sessions.queries
    assert answer.status_code == 200
    assert {name: getattr(asked, name) for name in (*FACTS, *numbers)} == FACTS | numbers
    assert asked.traits == (("plan", "pro"), ("team", "a:b"))


async def test_the_menus_hold_every_facet(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/api/v1/sessions/facets")

    assert answer.json() == {
        "device": [{"value": "mobile", "sessions": 1}],
        "browser": [],
        "os": [],
        "country": [],
        "release": [],
        "environment": [],
    }


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("trait=plan", "trait"),
        ("device=", "device"),
        ("max_score=101", "max_score"),
        ("min_duration_ms=-1", "min_duration_ms"),
        ("q=", "q"),
    ],
)
async def test_a_filter_that_says_nothing_is_refused_by_name(
    reader: httpx.AsyncClient, query: str, path: str
) -> None:
    for route in ("/api/v1/sessions", "/api/v1/sessions/facets"):
        answer = await reader.get(f"{route}?{query}")

        assert (answer.status_code, answer.json()["path"]) == (400, path)


async def test_a_session_shows_completeness_masking_and_how_its_score_adds_up(
    reader: httpx.AsyncClient,
) -> None:
    answer = await reader.get("/api/v1/sessions/s-1")

    assert answer.json() == {
        **ITEM,
        "revision": 3,
        "completeness": {
            "complete": False,
            "windows": [
                {
                    "window_id": "w1",
                    "segments": 2,
                    "gaps": [],
                    "missing_full_snapshot": False,
                    "final": True,
                },
                {
                    "window_id": "w2",
                    "segments": 1,
                    "gaps": [],
                    "missing_full_snapshot": True,
                    "final": False,
                },
            ],
        },
        "masked": {"EMAIL": 2},
        "frustration": {"score": 25.0, "parts": [{"kind": "rage_click", "count": 1, "points": 25.0}]},
    }


async def test_signals_and_insights_cite_their_events(reader: httpx.AsyncClient) -> None:
    signals = (await reader.get("/api/v1/sessions/s-1/signals")).json()
    insights = (await reader.get("/api/v1/sessions/s-1/insights")).json()

    assert signals == {
        "items": [
            {
                "signal_id": "sig-1",
                "kind": "rage_click",
                "at_ms": 1_700_000_001_000,
                "reason": "3 clicks in 400 ms",
                "evidence": [E],
                "page": "https://shop.example/cart",
                "element": "button#pay",
            }
        ]
    }
    (insight,) = insights["items"]
    assert insight["provider"] == "rules"
    assert insight["findings"] == [
        {"kind": "rage_click", "text": "They pressed pay again and again.", "evidence": [E]}
    ]


async def test_an_analysis_by_hand_is_of_the_current_revision(world: Any, admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/v1/sessions/s-1/analyze")

    assert answer.status_code == 202
    assert answer.json() == {"workflow_id": "acme/shop/s-1/3"}
    ((session, revision),) = world.starter.started
    assert (session.session_id, revision) == ("s-1", 3)


async def test_an_unknown_session_is_analysed_by_nobody(world: Any, admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/api/v1/sessions/other/analyze")).status_code == 404
    assert world.starter.started == []


@pytest.mark.parametrize("part", ["", "/recording", "/signals", "/insights"])
async def test_a_session_without_events_has_no_times(
    world: Any, reader: httpx.AsyncClient, part: str
) -> None:
    (key,) = world.sessions.records
    bare = replace(world.sessions.records[key], started_at_ms=None, ended_at_ms=None)
    world.sessions.records[key] = bare
    world.sessions.entries.clear()

    answer = await reader.get(f"/api/v1/sessions/s-1{part}")

    assert answer.status_code == 200
    if not part:
        assert answer.json()["duration_ms"] is None


async def test_a_store_that_is_down_is_503_with_a_time_to_come_again(
    world: Any, reader: httpx.AsyncClient
) -> None:
    world.sessions.failure = StoreUnavailable("connection refused")

    answer = await reader.get("/api/v1/sessions")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "store_unavailable"
