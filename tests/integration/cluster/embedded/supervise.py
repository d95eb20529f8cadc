"""Runs a supervisor of all embedded services and of a stack process whose child outlives it."""

import asyncio
import sys
from pathlib import Path
from random import Random

from traceflow.cluster.binaries.search import find_redis, find_temporal
from traceflow.cluster.embedded.command_component import CommandComponent, CommandShape
from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at
from traceflow.cluster.embedded.ports import PortBook
from traceflow.cluster.embedded.postgres import EmbeddedPostgres
from traceflow.cluster.embedded.process import Command
from traceflow.cluster.embedded.redis import EmbeddedRedis
from traceflow.cluster.embedded.secret_files import prepare_secrets
from traceflow.cluster.embedded.supervisor import Plan, Supervisor
from traceflow.cluster.embedded.temporal import EmbeddedTemporal, TemporalPorts

# Like Ray's driver: what it starts is in other sessions, and outlives it unless somebody ends it.
STACK = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""


async def answers() -> bool:
    return True


async def prepare() -> None:
    return None


def say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def plan_of(data_dir: DataDir) -> Plan:
    passwords = prepare_secrets(data_dir)
    book = PortBook(data_dir.ports, rng=Random())
    temporal = find_temporal()
    assert temporal is not None
    shape = CommandShape(name="stack", version="1", port=None, start_timeout_s=10.0, answers=answers)
    command = Command(argv=(sys.executable, "-c", STACK), cwd=data_dir.run, log=data_dir.logs / "stack.log")
    return Plan(
        services=[
            EmbeddedPostgres(data_dir=data_dir, port=book.claim("postgres"), passwords=passwords),
            EmbeddedRedis(
                data_dir=data_dir,
                binary=find_redis(),
                port=book.claim("redis"),
                password=passwords.redis,
            ),
            EmbeddedTemporal(data_dir=data_dir, binary=temporal, ports=TemporalPorts.claim(book)),
        ],
        prepare=prepare,
        stack=CommandComponent(stack_id=data_dir.stack_id, shape=shape, command=command),
        url="http://127.0.0.1:1",
    )


def main() -> None:
    data_dir = data_dir_at(Path(sys.argv[1]))

    async def supervise() -> None:
        supervisor = Supervisor(data_dir=data_dir, make_plan=lambda: plan_of(data_dir), rng=Random())
        await supervisor.run(on_ready=say_ready)

    asyncio.run(supervise())


if __name__ == "__main__":
    main()
