"""The embedded Redis: fsynced before it answers, never evicting, behind a password, on loopback."""

from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.ports import LOOPBACK
from traceflow.cluster.embedded.process import Command, ProcessMark
from traceflow.cluster.embedded.secret_files import write_secret
from traceflow.cluster.embedded.service import Service, answers_in_time
from traceflow.models.errors import Unavailable

# Reading a grown append-only file back takes about 10 s per GB.
_START_TIMEOUT_S = 120.0


class EmbeddedRedis:
    """A Redis server whose data lies in ``<data-dir>/redis``."""

    name = "redis"

    def __init__(self, *, data_dir: DataDir, binary: Path, port: int, password: str) -> None:
        self._data_dir = data_dir
        self._binary = binary
        self._password = password
        self._service = Service(ProcessMark(stack_id=data_dir.stack_id, component=self.name))
        self._client = Redis(
            host=LOOPBACK, port=port, password=password, socket_timeout=5.0, retry=Retry(NoBackoff(), 0)
        )
        self.port = port
        self.version = ""

    @property
    def pid(self) -> int | None:
        return self._service.pid

    @property
    def url(self) -> str:
        """Return the address with its password: a secret."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    async def start(self) -> None:
        await self._service.clear(cwd=self._data_dir.redis)
        configuration = self._data_dir.redis / "redis.conf"
        write_secret(configuration, self._configuration().encode())
        command = Command(
            argv=(str(self._binary), str(configuration)),
            cwd=self._data_dir.redis,
            log=self._data_dir.logs / "redis.log",
        )
        await self._service.launch(command, answers=self.is_healthy, timeout_s=_START_TIMEOUT_S)
        self.version = await self._ask_version()

    async def is_healthy(self) -> bool:
        return await answers_in_time(self._ping(), refusals=(RedisError, OSError))

    async def wait(self) -> int:
        return await self._service.wait()

    async def stop(self) -> None:
        await self._client.aclose()
        await self._service.stop()

    async def _ask_version(self) -> str:
        try:
            return str((await self._client.info("server"))["redis_version"])
        except (RedisError, OSError) as error:
            raise Unavailable("Redis ended right after its start.", component=self.name) from error

    async def _ping(self) -> bool:
        return bool(await self._client.ping())

    def _configuration(self) -> str:
        lines = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "protected-mode": "yes",
            "requirepass": self._password,
            "dir": _quoted(self._data_dir.redis.resolve()),
            "appendonly": "yes",
            "appendfsync": "always",
            # Snapshots would fork the server under load, and the append-only file holds everything.
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": '""',
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
