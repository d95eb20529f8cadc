"""The stand that all arms are measured on: PostgreSQL and Redis of the stack, and one server at a time.

Sessions are not processed meanwhile: no actor runs, and the stream is emptied between two measurements.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

import httpx
import psutil
from redis import Redis

from benchmarks.payload import compress, templates
from benchmarks.servers.redactor_by_window import RAW
from traceflow.cluster.embedded.command_component import CommandComponent, CommandShape
from traceflow.cluster.embedded.component import Component
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.leftovers import clear_leftovers, find_component_leftovers
from traceflow.cluster.embedded.process import Command, ProcessMark
from traceflow.cluster.launch import plan_launch
from traceflow.cluster.settings import Settings, StackSettings
from traceflow.cluster.stack_keys import key_of
from traceflow.workflows.settings import WorkflowSettings

ROOT = Path(__file__).resolve().parent.parent
_ACCEPTING_TIMEOUT_S = 60.0


class Server(StrEnum):
    """What answers."""

    HAPROXY = "haproxy"
    DEFAULT_PROXY = "default_proxy"
    BARE = "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Running services, and the servers that can be started on them."""

    data_dir: DataDir
    settings: StackSettings
    ingest_key: str
    redis: Redis
    redis_process: psutil.Process
    servers: Mapping[Server, Component]

    @asynccontextmanager
    async def serving(
        self, server: Server, *, prefixes: tuple[str, ...]
    ) -> AsyncIterator[list[psutil.Process]]:
        """Run one server, from its first 202 on every prefix until the end; yield its processes."""
        component = self.servers[server]
        try:
            await component.start()
            for prefix in prefixes:
                await await_accepting(
                    f"http://127.0.0.1:{self.settings.http_port}{prefix}", key=self.ingest_key
                )
            yield self._processes_of(component)
        finally:
            await component.stop()

    def empty_stream(self) -> None:
        """Forget all segments, in memory and in the append-only file."""
        self.redis.flushdb()
        self.redis.bgrewriteaof()
        self._await_rewrite()

    def _await_rewrite(self) -> None:
        while True:
            state = self.redis.info("persistence")
            if not (state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]):
                return

    def _processes_of(self, component: Component) -> list[psutil.Process]:
        mark = ProcessMark(stack_id=self.data_dir.stack_id, component=component.name)
        return find_component_leftovers(mark, cwd=self.data_dir.run)


@asynccontextmanager
async def open_stand() -> AsyncIterator[Stand]:
    """Start PostgreSQL and Redis in a directory of their own, which is gone afterwards."""
    place = make_reachable_dir()
    data_dir = DataDir(path=place / "data")
    _let_children_import(ROOT)
    try:
        data_dir.prepare()
        with data_dir.lock():
            data_dir.link_runtime_dir()
            async with _running(data_dir) as stand:
                yield stand
    finally:
        await asyncio.to_thread(shutil.rmtree, place)


def _let_children_import(folder: Path) -> None:
    """Have the servers, and Ray's workers under them, find this package."""
    places = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]  # noqa: TID251 - no setting
    os.environ["PYTHONPATH"] = os.pathsep.join(places)  # noqa: TID251


@asynccontextmanager
async def _running(data_dir: DataDir) -> AsyncIterator[Stand]:
    # No analysis is started, so that Temporal, which would run beside, is said to be elsewhere.
    settings = Settings(workflow=WorkflowSettings(address="127.0.0.1:1"))
    plans = {
        server: plan_launch(settings, data_dir, port=None, driver=("-m", f"benchmarks.servers.{module}"))
        for server, module in ((Server.HAPROXY, "serve_stack"), (Server.DEFAULT_PROXY, "default_proxy"))
    }
    plan = plans[Server.HAPROXY]
    stack = StackSettings.model_validate_json((data_dir.run / "stack.json").read_bytes())
    servers: dict[Server, Component] = {Server.BARE: _bare(data_dir, stack)}
    servers |= {server: each.stack for server, each in plans.items() if each.stack is not None}
    started: list[Component] = []
    try:
        for service in plan.services:
            started.append(service)
            await service.start()
        await plan.prepare()
        redis_pid = next(each.pid for each in plan.services if each.name == "redis")
        with Redis.from_url(stack.stream.url.get_secret_value()) as redis:
            # A rewrite would fall into one arm and not into another; it is asked for between them.
            redis.config_set("auto-aof-rewrite-percentage", 0)
            yield Stand(
                data_dir=data_dir,
                settings=stack,
                ingest_key=key_of(data_dir, "ingest_key"),
                redis=redis,
                redis_process=psutil.Process(redis_pid),
                servers=servers,
            )
    finally:
        for service in reversed(started):
            await service.stop()
        await asyncio.to_thread(clear_leftovers, data_dir)
        data_dir.unlink_runtime_dir()


def _bare(data_dir: DataDir, stack: StackSettings) -> CommandComponent:
    async def answers() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
                await client.get(f"http://127.0.0.1:{stack.http_port}/ingest/v1/sdk.js")
        except httpx.TransportError:
            return False
        return True

    return CommandComponent(
        stack_id=data_dir.stack_id,
        shape=CommandShape(
            name="bare", version="", port=stack.http_port, start_timeout_s=30.0, answers=answers
        ),
        command=Command(
            argv=(sys.executable, "-m", "benchmarks.servers.bare", str(data_dir.run / "stack.json")),
            cwd=data_dir.run,
            log=data_dir.logs / "bare.log",
        ),
    )


async def await_accepting(url: str, *, key: str) -> None:
    """Send a segment until it is accepted; raises TimeoutError where it never is."""
    body = compress(templates(window_id=RAW)[0].document, "gzip")
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "content-encoding": "gzip",
    }
    deadline_s = time.monotonic() + _ACCEPTING_TIMEOUT_S
    async with httpx.AsyncClient(trust_env=False, timeout=5.0, headers=headers) as client:
        while True:
            session_url = f"{url}/v1/sessions/first-{token_hex(8)}/segments"
            try:
                answer = await client.post(session_url, content=body)
                if answer.status_code == httpx.codes.ACCEPTED:
                    return
                said = f"{answer.status_code} {answer.text}"
            except httpx.TransportError as error:
                said = repr(error)
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{session_url} does not accept: {said}")
            await asyncio.sleep(0.05)


def make_reachable_dir() -> Path:
    """Make a directory that the database's user can enter."""
    place = Path(tempfile.mkdtemp(prefix="tf-bench-"))
    place.chmod(0o755)
    return place
