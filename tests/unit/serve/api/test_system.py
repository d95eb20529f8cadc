from typing import Any

import httpx

from traceflow.models.errors import StreamUnavailable
from traceflow.models.presence import Presence


def process(component: str, pid: int, version: str = "1.2.3") -> Presence:
    return Presence(component=component, pid=pid, host="h", version=version, seen_at_s=1.0)


async def up() -> None:
    return None


async def down() -> None:
    raise StreamUnavailable("refused")


async def test_the_system_is_told_part_by_part(world: Any, reader: httpx.AsyncClient) -> None:
    world.services.update(postgres=up, redis=down)
    world.presence.processes = [process("ingest", 1), process("ingest", 2), process("indexer", 3, "0.9")]

    answer = await reader.get("/api/v1/system")

    assert answer.status_code == 200
    parts = {
        part["name"]: (part["state"], part["version"], part["detail"]) for part in answer.json()["components"]
    }
    assert parts["postgres"] == ("running", None, "answers")
    assert parts["redis"] == ("silent", None, "does not answer")
    assert parts["ingest"] == ("running", "1.2.3", "2 processes")
    assert parts["indexer"] == ("running", "0.9", "1 process")
    assert parts["workflow_worker"] == ("silent", None, "0 processes")
    assert answer.json()["stream_lag"] == 5
    assert answer.json()["version"] == "1.2.3"
    assert answer.json()["retention"] == {"class": "30d", "days": 30}
    assert {"EMAIL", "CARD", "INPUT"} <= set(answer.json()["redaction"]["types"])


async def test_without_redis_nobody_knows_what_runs(world: Any, reader: httpx.AsyncClient) -> None:
    world.presence.failure = StreamUnavailable("refused")

    parts = (await reader.get("/api/v1/system")).json()["components"]

    assert {part["state"] for part in parts} == {"unknown"}
