"""A Redis of the tests, and envelopes for it; loaded by the conftest files of the folders that need it."""

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from traceflow.cluster.binaries.search import find_redis
from traceflow.datasets.streams.redis_connection import StreamSettings, connect
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.session.key import SessionKey


class RedisServer:
    """A server that fsyncs every write, with its data kept over restarts."""

    def __init__(self, home: Path, *, binary: Path | None = None) -> None:
        self._home = home
        self._binary = binary or find_redis()
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    @property
    def settings(self) -> StreamSettings:
        return StreamSettings(url=SecretStr(f"redis://127.0.0.1:{self.port}/0"), shards=2, timeout_s=2.0)

    def start(self) -> None:
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self._home),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        argv = [
            str(self._binary),
            *(each for name, value in options.items() for each in (f"--{name}", value)),
        ]
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with BlockingRedis(port=self.port, socket_timeout=2.0) as client:
            for _ in range(200):
                with contextlib.suppress(RedisError):
                    client.ping()
                    return
                time.sleep(0.02)
        pytest.fail("Redis did not start")

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """For tests that break it."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def stream_settings(redis_server: RedisServer) -> StreamSettings:
    return redis_server.settings


@pytest.fixture
async def redis(stream_settings: StreamSettings) -> AsyncIterator[Redis]:
    client = connect(stream_settings)
    await client.flushall()
    yield client
    await client.aclose()


def _make_envelope(
    segment_id: int = 0,
    *,
    session_id: str = "s1",
    window_id: str = "w1",
    tenant_id: str = "acme",
    events: list[dict[str, Any]] | bytes = b"[]",
    **fields: Any,
) -> Envelope:
    content = events if isinstance(events, bytes) else msgspec.json.encode(events)
    defaults: dict[str, Any] = {
        "sent_at_ms": 1,
        "received_at_ms": 1_764_000_000_000,
        "is_final": False,
        "sdk": "web/1",
        "visitor": b"null",
        "event_count": len(events) if isinstance(events, list) else 0,
        "content_hash": b"%16d" % segment_id,
        "masked": {},
    }
    return Envelope(
        session=SessionKey(tenant_id=tenant_id, project_id="shop", session_id=session_id),
        window_id=window_id,
        segment_id=segment_id,
        events=content,
        **(defaults | fields),
    )


@pytest.fixture
def make_envelope() -> Callable[..., Envelope]:
    return _make_envelope
