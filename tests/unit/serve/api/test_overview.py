from typing import Any

import httpx
import pytest

from traceflow.models.session.overview import HotspotQuery, Period

EXAMPLE = {"session_id": "s-1", "at_ms": 1_700_000_001_000}


async def test_the_overview_is_as_the_contract_spells_it(world: Any, reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/api/v1/overview?from_ms=5&to_ms=9")

    assert answer.json() == {
        "sessions": 4,
        "sessions_with_signals": 2,
        "median_score": None,
        "frustration": [{"at_ms": 1_699_999_200_000, "sessions": 4, "mean_score": 20.5, "p90_score": 66.0}],
        "bucket_ms": 3_600_000,
        "problems": [
            {
                "kind": "rage_click",
                "page": "https://shop.example/cart",
                "element": None,
                "signals": 5,
                "sessions": 2,
                "share": 0.5,
                "example": EXAMPLE,
            }
        ],
        "errors": [
            {
                "group_id": "ab12",
                "name": "TypeError",
                "message": "x is undefined",
                "events": 3,
                "sessions": 1,
                "first_at_ms": 1,
                "last_at_ms": 2,
                "example": EXAMPLE,
            }
        ],
    }
    assert world.overview.asked == [("acme", "shop", Period(from_ms=5, to_ms=9))]


async def test_hot_spots_are_of_one_page(world: Any, reader: httpx.AsyncClient) -> None:
    page = "https://shop.example/cart?step=2"
    answer = await reader.get("/api/v1/overview/hotspots", params={"page": page, "from_ms": 5})

    assert answer.json() == {
        "page": page,
        "signals": 2,
        "sessions": 1,
        "snapshot": EXAMPLE,
        "points": [{"x": 10, "y": 20, "viewport_width": None, "signals": 2}],
    }
    assert world.overview.asked == [("acme", "shop", HotspotQuery(page=page, period=Period(from_ms=5)))]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("overview?from_ms=-1", "from_ms"),
        ("overview?to_ms=x", "to_ms"),
        ("overview/hotspots", "page"),
        ("overview/hotspots?page=", "page"),
        ("overview/hotspots?page=a&to_ms=9007199254740993", "to_ms"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    reader: httpx.AsyncClient, target: str, path: str
) -> None:
    answer = await reader.get(f"/api/v1/{target}")

    assert (answer.status_code, answer.json()["path"]) == (400, path)


@pytest.mark.parametrize("target", ["overview", "overview/hotspots?page=a", "sessions/facets"])
async def test_without_a_key_nothing_is_told(world: Any, target: str) -> None:
    async with world.client(None) as stranger:
        assert (await stranger.get(f"/api/v1/{target}")).status_code == 401
