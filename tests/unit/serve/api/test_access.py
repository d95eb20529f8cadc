from typing import Any

import httpx
import pytest

from traceflow.models.access.scope import Scope

READ_ROUTES = [
    "/api/v1/sessions",
    "/api/v1/sessions/s-1",
    "/api/v1/sessions/s-1/recording",
    "/api/v1/sessions/s-1/signals",
    "/api/v1/sessions/s-1/insights",
    "/api/v1/detect/profiles",
    "/api/v1/ledger",
]
DETECT = {"profile": "default", "parameters": {}, "events": []}


def routes(world: Any) -> list[tuple[str, str]]:
    paths = world.app.openapi()["paths"]
    return [
        (method.upper(), path.replace("{session_id}", "s-1"))
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/api/") and path != "/api/v1/sign-in"
    ]


async def test_no_route_of_the_api_answers_without_a_key_or_to_an_ingest_key(world: Any) -> None:
    ingest = world.keys.issue(Scope.INGEST)
    llm = world.keys.issue(Scope.LLM)
    assert len(routes(world)) >= 20

    for method, path in routes(world):
        for key, status, code in (
            (None, 401, "unauthenticated"),
            ("tf_read_" + "x" * 12 + "_" + "y" * 43, 401, "unauthenticated"),
            ("nonsense", 401, "unauthenticated"),
            (ingest, 403, "forbidden"),
            (llm, 403, "forbidden"),
        ):
            async with world.client(key) as client:
                answer = await client.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (status, code), (method, path, key)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_read_key_reads_and_detects_and_starts_nothing(reader: httpx.AsyncClient) -> None:
    for path in READ_ROUTES:
        assert (await reader.get(path)).status_code == 200, path
    assert (await reader.post("/api/v1/detect", json=DETECT)).status_code == 200
    assert (await reader.post("/api/v1/sessions/s-1/analyze")).status_code == 403


async def test_an_admin_key_does_all_of_it(admin: httpx.AsyncClient) -> None:
    for path in READ_ROUTES:
        assert (await admin.get(path)).status_code == 200, path
    assert (await admin.post("/api/v1/detect", json=DETECT)).status_code == 200
    assert (await admin.post("/api/v1/sessions/s-1/analyze")).status_code == 202


@pytest.mark.parametrize(("tenant_id", "project_id"), [("acme", "blog"), ("rival", "shop")])
async def test_what_belongs_to_others_is_not_there(world: Any, tenant_id: str, project_id: str) -> None:
    async with world.client(
        world.keys.issue(Scope.ADMIN, tenant_id=tenant_id, project_id=project_id)
    ) as other:
        assert (await other.get("/api/v1/sessions")).json()["items"] == []
        for path in ("", "/recording", "/signals", "/insights"):
            answer = await other.get(f"/api/v1/sessions/s-1{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await other.post("/api/v1/sessions/s-1/analyze")).status_code == 404


async def test_a_key_in_the_query_is_no_key_here(world: Any) -> None:
    key = world.keys.issue(Scope.READ)
    async with world.client(None) as client:
        assert (await client.get(f"/api/v1/sessions?key={key}")).status_code == 401


async def test_health_metrics_and_the_document_need_no_key(world: Any) -> None:
    async with world.client(None) as client:
        for path in ("/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"):
            assert (await client.get(path)).status_code == 200, path


async def test_options_needs_no_key_and_says_what_is_allowed(world: Any) -> None:
    async with world.client(None) as client:
        answer = await client.options("/api/v1/sessions")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET"


async def test_the_document_names_the_key_and_loads_nothing_from_elsewhere(world: Any) -> None:
    async with world.client(None) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
        for path in ("/docs", "/redoc"):
            assert "swagger" not in (await client.get(path)).text.lower()

    listing = document["paths"]["/api/v1/sessions"]["get"]
    assert listing["security"] == [{"API key": []}]
    assert "application/problem+json" in listing["responses"]["4XX"]["content"]
    assert "422" not in listing["responses"]
    assert {parameter["name"] for parameter in listing["parameters"]} == {
        "limit", "cursor", "sort", "order", "from_ms", "to_ms", "state", "page", "signal", "min_score",
        "max_score", "has_error", "min_duration_ms", "max_duration_ms", "device", "browser", "os", "country",
        "release", "environment", "visitor", "trait", "q",
    }  # fmt: skip
    assert "security" not in document["paths"]["/healthz"]["get"]
