"""The embedded Temporal: its development server with the histories on disk, every port on loopback."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.ports import LOOPBACK, PortBook
from traceflow.cluster.embedded.process import Command, ProcessMark
from traceflow.cluster.embedded.service import Service, answers_in_time
from traceflow.models.errors import Unavailable

_START_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporalPorts:
    """The ports of the development server; those it opens beside them are free ones on loopback."""

    grpc: int
    http: int
    metrics: int

    @classmethod
    def claim(cls, ports: PortBook, *, wanted: int | None = None) -> "TemporalPorts":
        """Claim all three; only the gRPC port is one that clients know."""
        return cls(
            grpc=ports.claim("temporal", wanted=wanted),
            http=ports.claim("temporal_http"),
            metrics=ports.claim("temporal_metrics"),
        )


class EmbeddedTemporal:
    """A Temporal server whose data lies in ``<data-dir>/temporal``; its namespace is ``default``."""

    name = "temporal"

    def __init__(self, *, data_dir: DataDir, binary: Path, ports: TemporalPorts) -> None:
        self._data_dir = data_dir
        self._binary = binary
        self._ports = ports
        self._service = Service(ProcessMark(stack_id=data_dir.stack_id, component=self.name))
        # Its HTTP face asks the same server as gRPC would, without a second runtime in the supervisor.
        self._base_url = f"http://{LOOPBACK}:{ports.http}/api/v1"
        self._client: httpx.AsyncClient | None = None
        self.version = ""

    @property
    def port(self) -> int:
        return self._ports.grpc

    @property
    def pid(self) -> int | None:
        return self._service.pid

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    async def start(self) -> None:
        await self._service.clear(cwd=self._data_dir.temporal)
        if self._client is None:
            # No proxy of the environment stands between this machine and itself.
            self._client = httpx.AsyncClient(trust_env=False)
        await self._service.launch(self._command(), answers=self.is_healthy, timeout_s=_START_TIMEOUT_S)
        self.version = await self._ask_version(self._client)

    async def is_healthy(self) -> bool:
        if self._client is None:
            return False
        return await answers_in_time(self._has_namespace(self._client), refusals=(httpx.HTTPError,))

    async def wait(self) -> int:
        return await self._service.wait()

    async def stop(self) -> None:
        await self._service.stop()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask_version(self, client: httpx.AsyncClient) -> str:
        try:
            answer = await client.get(f"{self._base_url}/system-info")
            return str(answer.json().get("serverVersion", ""))
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable("Temporal ended right after its start.", component=self.name) from error

    async def _has_namespace(self, client: httpx.AsyncClient) -> bool:
        answer = await client.get(f"{self._base_url}/namespaces/default")
        return answer.status_code == httpx.codes.OK

    def _command(self) -> Command:
        return Command(
            argv=(
                *(str(self._binary), "server", "start-dev", "--headless"),
                *("--ip", LOOPBACK),
                *("--port", str(self._ports.grpc)),
                *("--http-port", str(self._ports.http)),
                *("--metrics-port", str(self._ports.metrics)),
                *("--db-filename", str(self._data_dir.temporal / "temporal.db")),
                *("--log-level", "warn", "--color", "never"),
            ),
            cwd=self._data_dir.temporal,
            log=self._data_dir.logs / "temporal.log",
        )
