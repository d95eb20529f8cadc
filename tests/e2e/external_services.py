"""PostgreSQL, Redis and Temporal as somebody else would run them: in another place, under another supervisor.

``python external_services.py DATA_DIR`` prints where they are as one JSON line, and runs until SIGTERM.
"""

import asyncio
import json
import sys
from pathlib import Path
from random import Random

from traceflow.cluster.binaries.search import find_redis
from traceflow.cluster.binaries.services import provide_temporal
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.ports import PortBook
from traceflow.cluster.embedded.postgres import EmbeddedPostgres
from traceflow.cluster.embedded.redis import EmbeddedRedis
from traceflow.cluster.embedded.secret_files import prepare_secrets
from traceflow.cluster.embedded.supervisor import Plan, Supervisor
from traceflow.cluster.embedded.temporal import EmbeddedTemporal, TemporalPorts


class Services:
    """The three, and their addresses."""

    def __init__(self, data_dir: DataDir) -> None:
        data_dir.prepare()
        self.data_dir = data_dir
        self.passwords = prepare_secrets(data_dir)
        ports = PortBook(data_dir.ports, rng=Random())
        self.postgres = EmbeddedPostgres(
            data_dir=data_dir, port=ports.claim("postgres"), passwords=self.passwords
        )
        self.redis = EmbeddedRedis(
            data_dir=data_dir,
            binary=find_redis(),
            port=ports.claim("redis"),
            password=self.passwords.redis,
        )
        self.temporal = EmbeddedTemporal(
            data_dir=data_dir, binary=provide_temporal(), ports=TemporalPorts.claim(ports)
        )

    def plan(self) -> Plan:
        async def prepare() -> None:
            return None

        return Plan(
            services=[self.postgres, self.redis, self.temporal], prepare=prepare, stack=None, url="none"
        )

    def say(self) -> None:
        superuser = self.postgres.app_url.replace("traceflow_app", "postgres").replace(
            self.passwords.postgres_app, self.passwords.postgres_superuser
        )
        said = {
            "app_url": self.postgres.app_url,
            "owner_url": self.postgres.owner_url,
            "superuser_url": superuser,
            "redis_url": self.redis.url,
            "temporal_address": self.temporal.address,
        }
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def main() -> None:
    services = Services(DataDir(path=Path(sys.argv[1])))
    supervisor = Supervisor(data_dir=services.data_dir, make_plan=services.plan, rng=Random())
    asyncio.run(supervisor.run(on_ready=services.say))


if __name__ == "__main__":
    main()
