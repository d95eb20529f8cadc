import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SERVICES = Path(__file__).with_name("external_services.py")
START_TIMEOUT_S = 60
OWN = ("ingest", "session_processor", "workflow_worker", "neurorouter", "api")


@pytest.fixture(scope="module")
def place(toolbox: Any) -> Iterator[Path]:
    with toolbox.reachable_dir() as directory:
        yield directory


@pytest.fixture(scope="module")
def addresses(place: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    with services(place, environment) as said, minio(place) as endpoint:
        yield {**said, "minio": endpoint}


@pytest.fixture(scope="module")
def pointed(environment: Mapping[str, str], addresses: Mapping[str, str]) -> Mapping[str, str]:
    return {
        **environment,
        "TRACEFLOW_STORE__URL": addresses["app_url"],
        "TRACEFLOW_STORE__OWNER_URL": addresses["owner_url"],
        "TRACEFLOW_STREAM__URL": addresses["redis_url"],
        "TRACEFLOW_WORKFLOW__ADDRESS": addresses["temporal_address"],
        "TRACEFLOW_ARCHIVE__KIND": "s3",
        "TRACEFLOW_ARCHIVE__ENDPOINT": addresses["minio"],
        "TRACEFLOW_ARCHIVE__ACCESS_KEY": "traceflow",
        "TRACEFLOW_ARCHIVE__SECRET_KEY": "traceflow-test",
        "TRACEFLOW_ARCHIVE__SECURE": "false",
    }


@pytest.fixture(scope="module")
def external(place: Path, pointed: Mapping[str, str], toolbox: Any) -> Iterator[Any]:
    try:
        yield toolbox.start_stack(place / "stack", environment=pointed)
    finally:
        toolbox.stop_stack(place / "stack", environment=pointed)


@pytest.mark.parametrize("role", ["superuser", "owner"])
def test_a_role_that_row_level_security_does_not_bind_is_refused(
    place: Path, pointed: Mapping[str, str], addresses: Mapping[str, str], toolbox: Any, role: str
) -> None:
    refused = toolbox.run_cli(
        "up",
        "--detach",
        "--json",
        data_dir=place / f"refused-{role}",
        environment={**pointed, "TRACEFLOW_STORE__URL": addresses[f"{role}_url"]},
        timeout_s=120,
    )

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert ("superuser" if role == "superuser" else "owns tables") in refused.stderr
    assert "row-level security" in refused.stderr
    assert all(password not in refused.stderr for password in passwords_of(addresses))
    assert toolbox.processes_of(place / f"refused-{role}") == []


def test_none_of_ours_runs_where_others_do(external: Any) -> None:
    for name in OWN:
        external.await_pid(name)
    components = {each["name"]: each for each in external.status()["components"]}

    for name in ("postgres", "redis", "temporal"):
        assert components[name]["state"] == "external"
        assert components[name]["pid"] is None
    assert {components[name]["state"] for name in OWN} == {"running"}
    names = {process.name() for process in external.processes()}
    assert not {name for name in names if re.match("postgres|redis-server|temporal|minio", name)}
    assert not (external.data_dir / "postgres").exists()
    for folder in ("redis", "temporal", "objects"):
        assert list((external.data_dir / folder).rglob("*")) == []


def test_the_demo_tells_the_same_story(external: Any, place: Path) -> None:
    told = external.run("demo", "--visit", "recorded", timeout_s=300)

    assert told.returncode == 0, told.stderr
    (session_id,) = set(re.findall(r"demo-struggle-[0-9a-f]+", told.stdout))
    session = external.document(f"/sessions/{session_id}")
    insight = external.document(f"/sessions/{session_id}/insights")["items"][0]
    assert {"rage_click", "error_click", "dead_click"} <= set(session["signals"])
    assert session["frustration"]["score"] > 50
    assert len(insight["findings"]) >= 3
    assert len(external.recording(session_id)) == session["events"]
    assert list((place / "minio" / "traceflow").rglob("*.blocks"))


def test_doctor_asks_the_services_that_others_run(external: Any) -> None:
    told = external.run("doctor")

    assert told.returncode == 0, told.stdout
    for service in ("external PostgreSQL", "external Redis", "external Temporal", "object store"):
        assert re.search(rf"ok +{service} +answers", told.stdout), told.stdout


@pytest.mark.parametrize("which", ["stack", "external"])
def test_the_role_that_the_product_runs_under_is_bound(request: pytest.FixtureRequest, which: str) -> None:
    settings = request.getfixturevalue(which).settings()
    url = settings.store.url.get_secret_value().replace("postgresql+psycopg", "postgresql")

    with psycopg.connect(url) as connection:
        is_super, passes_by = fetch_one(
            connection,
            "SELECT bool_or(rolsuper), bool_or(rolbypassrls) FROM pg_roles"
            " WHERE pg_has_role(current_user, oid, 'MEMBER')",
        )
        (owned,) = fetch_one(
            connection,
            "SELECT count(*) FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER')"
            " AND relkind IN ('r', 'p', 'v', 'm') AND relname NOT LIKE 'pg_%'",
        )
        (seen_by_none,) = fetch_one(connection, "SELECT count(*) FROM sessions")
        fetch_one(connection, "SELECT set_config('app.tenant', 'default', true)")
        (seen_by_default,) = fetch_one(connection, "SELECT count(*) FROM sessions")
        (unprotected,) = fetch_one(
            connection,
            "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind IN ('r', 'p') AND a.attname = 'tenant_id' AND NOT a.attisdropped"
            " AND c.relname <> 'api_keys' AND c.relname <> 'tenants'"
            " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
        )

    assert (is_super, passes_by, owned) == (False, False, 0)
    assert unprotected == 0
    assert seen_by_none == 0
    if which == "external":
        assert seen_by_default > 0


def fetch_one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def passwords_of(addresses: Mapping[str, str]) -> list[str]:
    return [
        re.findall(r":([^:@]+)@", addresses[name])[0] for name in ("superuser_url", "owner_url", "app_url")
    ]


@contextmanager
def services(place: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    with (place / "services.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(SERVICES), str(place / "services")],
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(environment),
            cwd="/",
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (place / "services.log").read_text()
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def minio(place: Path) -> Iterator[str]:
    cached = Path.home() / ".cache" / "traceflow" / "bin" / "minio"
    binary = str(cached) if cached.exists() else shutil.which("minio")
    if binary is None:
        pytest.skip("MinIO is missing: run `make services`")
    endpoint = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [
            *(binary, "server", str(place / "minio"), "--address", endpoint),
            *("--console-address", "127.0.0.1:0", "--quiet"),
        ],
        env={
            "HOME": str(place),
            "PATH": os.defpath,
            "MINIO_ROOT_USER": "traceflow",
            "MINIO_ROOT_PASSWORD": "traceflow-test",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_live(f"http://{endpoint}/minio/health/live")
        yield endpoint
    finally:
        process.terminate()
        process.wait(timeout=20)


def await_live(url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with httpx.Client(trust_env=False) as client:
        while True:
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx.TransportError:
                assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
