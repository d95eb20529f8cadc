import asyncio
from typing import Any

import httpx
import pytest

from traceflow.models.errors import StoreUnavailable, StreamUnavailable
from traceflow.serve.api import health


async def up() -> None:
    return None


async def down() -> None:
    raise StreamUnavailable("connection refused")


async def hangs() -> None:
    await asyncio.sleep(60)


async def test_ready_when_every_component_answers(world: Any) -> None:
    world.probes.update(postgres=up, redis=up)
    async with world.client(None) as client:
        answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "components": ["postgres", "redis"]},
    )


@pytest.mark.parametrize("probe", [down, hangs])
async def test_not_ready_names_what_does_not_answer(
    world: Any, probe: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PROBE_TIMEOUT_S", 0.02)
    world.probes.update(postgres=up, redis=probe)
    async with world.client(None) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert (answer.json()["code"], answer.json()["detail"]) == ("not_ready", "Not ready: redis.")


async def test_alive_asks_nobody(world: Any) -> None:
    world.probes.update(redis=down)
    async with world.client(None) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_metrics_count_segments_by_outcome_and_the_lag(world: Any) -> None:
    async with world.client(None) as client:
        answer = await client.get("/metrics")

    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'traceflow_segments_total{outcome="accepted"} 7' in lines
    assert 'traceflow_segments_total{outcome="dead_lettered"} 0' in lines
    assert "traceflow_stream_lag_segments 5" in lines
    assert "# TYPE traceflow_segments_total counter" in lines


async def test_metrics_of_a_source_that_is_down_are_missing_and_named(world: Any) -> None:
    world.ledger.failure = StoreUnavailable("down")
    async with world.client(None) as client:
        answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert 'traceflow_source_up{source="store"} 0' in answer.text
    assert 'traceflow_source_up{source="stream"} 1' in answer.text
    assert "traceflow_segments_total" not in answer.text


async def test_the_ledger_adds_up(reader: httpx.AsyncClient) -> None:
    ledger = (await reader.get("/api/v1/ledger")).json()

    assert ledger == {
        "received": 12,
        "in_flight": 3,
        "items": [
            {"outcome": "accepted", "reason": "", "segments": 7},
            {"outcome": "filtered", "reason": "duplicate", "segments": 2},
        ],
    }
    assert ledger["received"] == ledger["in_flight"] + sum(item["segments"] for item in ledger["items"])
