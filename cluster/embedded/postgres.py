"""The embedded PostgreSQL: the wheel's programs, run by us, on TCP on loopback with scram passwords.

Not the wheel's own start, which opens every parent directory to all users and knows no TCP.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from traceflow.cluster.embedded.data_dir import PRIVATE, DataDir, make_directory
from traceflow.cluster.embedded.ports import LOOPBACK
from traceflow.cluster.embedded.postgres_roles import APP, DATABASE, OWNER, provision
from traceflow.cluster.embedded.postgres_user import (
    MAJOR,
    check_reach,
    database_user,
    reachable_binaries,
)
from traceflow.cluster.embedded.process import Command, ProcessMark, ProcessUser, rotate_log
from traceflow.cluster.embedded.secret_files import ServicePasswords, write_secret
from traceflow.cluster.embedded.service import Service, answers_in_time
from traceflow.models.errors import Misconfigured, Unavailable

# Crash recovery reads back up to max_wal_size (1 GB).
_START_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 30.0
_SUPERUSER = "postgres"

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    # A query over months of partitions locks each of them.
    "max_locks_per_transaction": "256",
    # Nothing that was recorded may reach a log: no statements, no DETAIL with the row's values.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "logging_collector": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installation:
    """The programs, and the user that they run as."""

    binaries: Path
    user: ProcessUser | None


class EmbeddedPostgres:
    """A PostgreSQL cluster whose data lies in ``<data-dir>/postgres/<major>``."""

    name = "postgres"

    def __init__(self, *, data_dir: DataDir, port: int, passwords: ServicePasswords) -> None:
        self._data_dir = data_dir
        self._passwords = passwords
        self._cluster = data_dir.postgres / str(MAJOR)
        self._service = Service(ProcessMark(stack_id=data_dir.stack_id, component=self.name))
        self.port = port
        self.version = ""

    @property
    def pid(self) -> int | None:
        return self._service.pid

    @property
    def app_url(self) -> str:
        """Return SQLAlchemy's address for the product: a secret."""
        return self._url(APP, self._passwords.postgres_app)

    @property
    def owner_url(self) -> str:
        """Return SQLAlchemy's address for migrations: a secret."""
        return self._url(OWNER, self._passwords.postgres_owner)

    async def start(self) -> None:
        installation = await asyncio.to_thread(self._prepare)
        await self._service.clear(cwd=self._data_dir.postgres)
        # No server of this cluster is left, so the number in this file can only be another process's;
        # PostgreSQL would refuse to start beside it, as in a container that was started anew.
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        command = self._command(installation)
        await self._service.launch(command, answers=self.is_healthy, timeout_s=_START_TIMEOUT_S)
        await self._provision()

    async def is_healthy(self) -> bool:
        return await answers_in_time(self._answers(), refusals=(psycopg.Error, OSError))

    async def wait(self) -> int:
        return await self._service.wait()

    async def stop(self) -> None:
        await self._service.stop()

    async def _answers(self) -> bool:
        # As the superuser: three connections are kept for it when the product holds all others.
        async with await psycopg.AsyncConnection.connect(self._superuser, dbname="postgres") as connection:
            self.version = str(connection.info.parameter_status("server_version"))
            await connection.execute("SELECT 1")
        return True

    async def _provision(self) -> None:
        try:
            await provision(
                self._superuser,
                owner_password=self._passwords.postgres_owner,
                app_password=self._passwords.postgres_app,
            )
        except psycopg.Error as error:
            raise Unavailable("PostgreSQL's roles cannot be made.", component=self.name) from error

    @property
    def _superuser(self) -> str:
        password = self._passwords.postgres_superuser
        return f"host={LOOPBACK} port={self.port} user={_SUPERUSER} password={password} connect_timeout=5"

    def _url(self, role: str, password: str) -> str:
        return f"postgresql+psycopg://{role}:{password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def _command(self, installation: _Installation) -> Command:
        settings = _SETTINGS | {"port": str(self.port)}
        return Command(
            argv=(
                str(installation.binaries / "postgres"),
                *("-D", str(self._cluster)),
                *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            ),
            # Not the caller's, which its user may be unable to enter.
            cwd=Path("/"),
            log=self._data_dir.logs / "postgres.log",
            user=installation.user,
            stop_timeout_s=_STOP_TIMEOUT_S,
            # Fast shutdown: clients are disconnected, not waited for.
            stop_signal=signal.SIGINT,
        )

    def _prepare(self) -> _Installation:
        user = database_user()
        _make_home(self._data_dir.postgres, user)
        check_reach(self._data_dir.postgres, user)
        installation = _Installation(binaries=reachable_binaries(user), user=user)
        if not self._cluster.exists():
            self._init_cluster(installation)
        return installation

    def _init_cluster(self, installation: _Installation) -> None:
        partial = self._cluster.with_name(f"{self._cluster.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        password_file = self._data_dir.postgres / "initdb-password"
        write_secret(password_file, self._passwords.postgres_superuser.encode())
        _give(password_file, installation.user)
        try:
            self._run_initdb(installation, cluster=partial, password_file=password_file)
        finally:
            password_file.unlink(missing_ok=True)
        # One step: a cluster that was half made is made anew, never started.
        partial.rename(self._cluster)

    def _run_initdb(self, installation: _Installation, *, cluster: Path, password_file: Path) -> None:
        log_path = self._data_dir.logs / "initdb.log"
        rotate_log(log_path)
        user = installation.user
        with log_path.open("ab") as log:
            made = subprocess.run(  # noqa: S603 - a program of ours
                [
                    str(installation.binaries / "initdb"),
                    *("-D", str(cluster), "-U", _SUPERUSER, "--pwfile", str(password_file)),
                    "--auth=scram-sha-256",
                    # PostgreSQL's own collation sorts the same on every machine.
                    *(
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                    ),
                    "--no-instructions",
                ],
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else [],
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        if made.returncode != 0:
            raise Misconfigured(
                f"PostgreSQL's data directory cannot be made: see {log_path}.", path=str(log_path)
            )


def _make_home(home: Path, user: ProcessUser | None) -> None:
    if home.exists():
        return
    # Owned by its user before it has its name, so that a start cut short leaves nothing unusable.
    partial = home.with_name(f".{home.name}.partial")
    make_directory(partial, mode=PRIVATE)
    _give(partial, user)
    partial.rename(home)


def _give(path: Path, user: ProcessUser | None) -> None:
    if user is not None:
        os.chown(path, user.uid, user.gid)
