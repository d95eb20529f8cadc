"""``traceflow status``: the components with their processes, ports and versions, and the stream's lag."""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass

import psutil
from rich.table import Table

from traceflow.cluster.cli.console import DataDirOption, JsonOption, open_data_dir, results
from traceflow.cluster.embedded.component import ComponentReport
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.stack_state import StackState, read_state, supervisor_of
from traceflow.cluster.settings import StackSettings
from traceflow.datasets.streams.redis_connection import connect
from traceflow.datasets.streams.redis_gauge import RedisGauge
from traceflow.datasets.streams.redis_presence import RedisPresence
from traceflow.models.errors import StreamUnavailable
from traceflow.models.presence import Presence

_SERVICES = ("postgres", "redis", "temporal")
_OURS = ("ingest", "session_processor", "workflow_worker", "neurorouter", "api")
_WITH_HTTP = frozenset({"ingest", "api"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentLine:
    """One component as ``status`` shows it; an external service has no pid here."""

    name: str
    pid: int | None
    port: int | None
    version: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackStatus:
    """All components, and how many segments wait to be processed (None: not known)."""

    components: tuple[ComponentLine, ...]
    stream_lag: int | None


def status(
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the components."""
    place = open_data_dir(data_dir)
    report = read_status(place)
    if as_json:
        sys.stdout.write(json.dumps(asdict(report)) + "\n")
        return
    console = results()
    table = Table("component", "state", "pid", "port", "version", box=None)
    for line in report.components:
        table.add_row(line.name, line.state, str(line.pid or ""), str(line.port or ""), line.version)
    console.print(table)
    lag = "unknown" if report.stream_lag is None else str(report.stream_lag)
    console.print(f"stream lag: {lag} segments")


def read_status(place: DataDir) -> StackStatus:
    """Ask the supervisor's notes and the components' own."""
    state = read_state(place)
    if state is None or supervisor_of(place) is None:
        names = (*_SERVICES, *_OURS)
        stopped = tuple(
            ComponentLine(name=name, pid=None, port=None, version="", state="stopped") for name in names
        )
        return StackStatus(components=stopped, stream_lag=None)
    settings = StackSettings.model_validate_json((place.run / "stack.json").read_bytes())
    present, lag = asyncio.run(_ask_redis(settings))
    services = tuple(_service_line(name, state) for name in _SERVICES)
    ours = tuple(_own_line(name, present, settings.http_port) for name in _OURS)
    return StackStatus(components=services + ours, stream_lag=lag)


async def _ask_redis(settings: StackSettings) -> tuple[list[Presence], int | None]:
    redis = connect(settings.stream)
    try:
        return await RedisPresence(redis).present(), await RedisGauge(settings.stream, redis).lag()
    except StreamUnavailable:
        return [], None
    finally:
        await redis.aclose()


def _service_line(name: str, state: StackState) -> ComponentLine:
    report: ComponentReport | None = next((each for each in state.components if each.name == name), None)
    if report is None:
        return ComponentLine(name=name, pid=None, port=None, version="", state="external")
    return ComponentLine(
        name=name, pid=report.pid, port=report.port, version=report.version, state=report.state
    )


def _own_line(name: str, present: list[Presence], http_port: int) -> ComponentLine:
    alive = [each for each in present if each.component == name and psutil.pid_exists(each.pid)]
    port = http_port if name in _WITH_HTTP else None
    if not alive:
        return ComponentLine(name=name, pid=None, port=port, version="", state="starting")
    return ComponentLine(name=name, pid=alive[0].pid, port=port, version=alive[0].version, state="running")
