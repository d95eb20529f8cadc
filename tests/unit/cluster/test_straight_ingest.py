import asyncio
from typing import Any

import pytest

from traceflow.cluster.straight_ingest import StraightIngest, app_of_this_replica, middlewares

SEGMENT = {"type": "http", "path": "/ingest/v1/sessions/s/segments"}


class Application:
    """An ASGI app that notes who came and keeps each until told to let go."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 - ASGI
        self.paths.append(scope.get("path", scope["type"]))
        await self.go.wait()


@pytest.fixture
def ingest() -> Application:
    return Application()


@pytest.fixture
def serve() -> Application:
    return Application()


@pytest.fixture
def listener(ingest: Application, serve: Application) -> StraightIngest:
    return StraightIngest(serve, find_app=lambda: ingest)


async def _ask(listener: StraightIngest, *scopes: dict[str, str]) -> "asyncio.Task[list[None]]":
    requests = asyncio.gather(*(listener(dict(scope), None, None) for scope in scopes))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    return requests  # type: ignore[return-value]


async def test_segments_go_straight_to_the_app_and_all_else_goes_to_serve(
    listener: StraightIngest, ingest: Application, serve: Application
) -> None:
    others = [{"type": "http", "path": path} for path in ("/-/healthz", "/", "/api/v1/ingest/")]
    ingest.go.set()
    serve.go.set()

    await (await _ask(listener, SEGMENT, *others, {"type": "websocket", "path": "/ingest/"}))

    assert ingest.paths == [SEGMENT["path"]]
    assert serve.paths == ["/-/healthz", "/", "/api/v1/ingest/", "/ingest/"]


async def test_segments_go_to_serve_until_there_is_an_app(ingest: Application, serve: Application) -> None:
    apps = iter([None, ingest])
    listener = StraightIngest(serve, find_app=lambda: next(apps))
    ingest.go.set()
    serve.go.set()

    for _ in range(3):
        await (await _ask(listener, SEGMENT))

    assert (len(serve.paths), len(ingest.paths)) == (1, 2)


async def test_what_comes_over_the_bound_is_left_to_serves_queue_and_a_place_that_is_left_is_taken_again(
    listener: StraightIngest, ingest: Application, serve: Application
) -> None:
    serve.go.set()

    requests = await _ask(listener, *[SEGMENT] * 300)
    assert (len(ingest.paths), len(serve.paths)) == (256, 44)
    ingest.go.set()
    await requests
    await (await _ask(listener, SEGMENT))

    assert (len(ingest.paths), len(serve.paths)) == (257, 44)


def test_a_process_that_is_no_replica_has_no_app() -> None:
    assert app_of_this_replica() is None


def test_serve_is_given_the_listener_as_a_middleware() -> None:
    assert [each.cls for each in middlewares()] == [StraightIngest]
