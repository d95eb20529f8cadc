import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from traceflow.models.errors import StreamUnavailable
from traceflow.models.ports import Notice
from traceflow.models.session.key import SessionKey
from traceflow.serve.api import notices


def notice(kind: str, *, project_id: str = "shop", **fields: str | int) -> Notice:
    key = SessionKey(tenant_id="acme", project_id=project_id, session_id="s-1")
    return Notice(kind=kind, session=key, fields=fields)


class Listener:
    """An ASGI client: httpx's in-process transport waits for the end, and this stream has none."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self._bodies: asyncio.Queue[bytes] = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        await self._bodies.put(message.get("body", b""))

    async def next(self) -> str:
        return (await asyncio.wait_for(self._bodies.get(), 2)).decode()


@asynccontextmanager
async def listening(world: Any, *, after: str | None = None) -> AsyncIterator[Listener]:
    listener = Listener()
    headers = [(b"authorization", f"Bearer {world.keys.issue('read')}".encode())]
    if after is not None:
        headers.append((b"last-event-id", after.encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/api/v1/stream",
        "raw_path": b"/api/v1/stream",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
    }
    task = asyncio.create_task(world.app(scope, listener.receive, listener.send))
    try:
        yield listener
    finally:
        listener.gone.set()
        await asyncio.wait_for(task, 2)


async def test_what_appears_is_sent_as_an_event_with_its_position(world: Any) -> None:
    async with listening(world) as listener:
        assert await listener.next() == "retry: 2000\n\n"
        await world.feed.publish([notice("signal", kind_of="rage_click", note="two\nlines")])

        position, event, data = (await listener.next()).strip().split("\n")

    assert listener.status == 200
    assert listener.headers[b"content-type"].startswith(b"text/event-stream")
    assert listener.headers[b"cache-control"] == b"no-store"
    assert (position, event) == ("id: 1-0", "event: signal")
    assert json.loads(data.removeprefix("data: ")) == {
        "kind": "signal",
        "session_id": "s-1",
        "kind_of": "rage_click",
        "note": "two\nlines",
    }


async def test_no_field_takes_the_place_of_the_kind_or_the_session(world: Any) -> None:
    session = SessionKey(tenant_id="acme", project_id="shop", session_id="s-1")
    fields = {"kind": "rage_click", "session_id": "s-2", "at_ms": 5}

    async with listening(world) as listener:
        await listener.next()
        await world.feed.publish([Notice(kind="signal", session=session, fields=fields)])
        data = (await listener.next()).strip().split("\n")[2]

    told = json.loads(data.removeprefix("data: "))
    assert told == {"kind": "signal", "session_id": "s-1", "at_ms": 5}


async def test_a_listener_that_comes_again_goes_on_where_it_was(world: Any) -> None:
    await world.feed.publish([notice("session", n=number) for number in range(3)])

    async with listening(world, after="1-0") as listener:
        await listener.next()
        lines = [await listener.next(), await listener.next()]

    assert [line.split("\n")[0] for line in lines] == ["id: 2-0", "id: 3-0"]


async def test_other_projects_are_not_heard(world: Any) -> None:
    async with listening(world) as listener:
        await listener.next()
        await world.feed.publish([notice("session", project_id="blog"), notice("insight")])

        assert "event: insight" in await listener.next()


async def test_silence_is_broken_by_heartbeats(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "HEARTBEAT_S", 0.01)
    async with listening(world) as listener:
        await listener.next()
        assert [await listener.next() for _ in range(3)] == [": still here\n\n"] * 3
        await world.feed.publish([notice("session")])
        while (line := await listener.next()).startswith(":"):
            pass

    assert "event: session" in line


async def test_a_stream_ends_so_that_its_listener_is_asked_again_who_it_is(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "LONGEST_S", 0.05)
    async with listening(world) as listener:
        await listener.next()
        await world.feed.publish([notice("session")])

        assert "event: session" in await listener.next()
        while (line := await listener.next()).startswith(":"):
            pass

    assert line == ""


async def test_a_feed_that_fails_ends_the_stream(world: Any) -> None:
    world.feed.failure = StreamUnavailable("down")
    async with listening(world) as listener:
        assert await listener.next() == "retry: 2000\n\n"
        assert await listener.next() == ""


async def test_too_many_listeners_are_told_to_come_again(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "MAX_LISTENERS", 1)
    async with listening(world) as first:
        await first.next()
        async with listening(world) as second:
            await second.next()
            assert second.status == 429
            assert second.headers[b"retry-after"] == b"2"
    async with listening(world) as third:
        await third.next()
        assert third.status == 200
