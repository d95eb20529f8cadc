import ipaddress
import json
import re
import socket
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

NAMES = [
    "postgres",
    "redis",
    "temporal",
    "ingest",
    "session_processor",
    "workflow_worker",
    "neurorouter",
    "api",
]
SERVICES = NAMES[:3]
SEGMENT = (
    b'{"window_id":"w1","segment_id":0,"sent_at_ms":1764000000000,"final":true,'
    b'"sdk":{"name":"web","version":"1.0.0"},"visitor":{"anonymous_id":"v1"},'
    b'"events":[{"type":4,"timestamp":1764000000000,"data":{"href":"https://kept.example/"}}]}'
)


@pytest.fixture(scope="module")
def neighbour(environment: Mapping[str, str], toolbox: Any) -> Iterator[Any]:
    """A second stack beside the one that all tests share."""
    with toolbox.running_stack(environment) as started:
        yield started


def test_up_on_a_running_data_directory_says_the_same_again(stack: Any, toolbox: Any) -> None:
    before = stack.await_running()

    again = stack.run("up", "--detach", "--json")
    in_front = stack.run("up", "--json")

    assert (again.returncode, in_front.returncode) == (0, 0)
    assert again.stdout.count("\n") == in_front.stdout.count("\n") == 1
    assert toolbox.read_stack(again.stdout, environment=stack.environment) == stack
    first, second = json.loads(again.stdout), json.loads(in_front.stdout)
    assert set(first) == {"url", "ingest_key", "read_key", "admin_key", "sign_in_url", "data_dir"}
    assert first.pop("sign_in_url") != second.pop("sign_in_url")
    assert first == second
    assert [each["pid"] for each in stack.status()["components"]] == [
        each["pid"] for each in before["components"]
    ]


def test_a_busy_port_is_refused_and_nothing_is_left(environment: Mapping[str, str], toolbox: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy, toolbox.reachable_dir() as directory:
        port = busy.getsockname()[1]
        refused = toolbox.run_cli(
            "up",
            "--detach",
            "--json",
            "--port",
            str(port),
            data_dir=directory / "data",
            environment=environment,
            timeout_s=120,
        )

        assert refused.returncode == 1
        assert refused.stdout == ""
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
        assert str(port) in refused.stderr
        assert toolbox.processes_of(directory / "data") == []


@pytest.mark.parametrize(
    "arguments",
    [("up", "--port", "0"), ("up", "--port", "x"), ("down", "--now"), ("keys", "create"), ("nonsense",)],
)
def test_wrong_use_is_exit_code_2(stack: Any, arguments: tuple[str, ...]) -> None:
    refused = stack.run(*arguments)

    assert refused.returncode == 2
    assert refused.stdout == ""


def test_a_setting_that_cannot_be_read_is_named(environment: Mapping[str, str], toolbox: Any) -> None:
    with toolbox.reachable_dir() as directory:
        refused = toolbox.run_cli(
            "up",
            "--detach",
            data_dir=directory / "data",
            environment={**environment, "TRACEFLOW_STREAM__SHARDS": "none"},
            timeout_s=60,
        )

    assert refused.returncode == 1
    assert "TRACEFLOW_STREAM__SHARDS" in refused.stderr


def test_status_names_every_component_with_its_process_port_and_version(stack: Any) -> None:
    status = stack.await_running()

    assert set(status) == {"components", "stream_lag"}
    assert [each["name"] for each in status["components"]] == NAMES
    assert isinstance(status["stream_lag"], int)
    for each in status["components"]:
        assert set(each) == {"name", "pid", "port", "version", "state"}
        assert each["state"] == "running"
        assert psutil.pid_exists(each["pid"])
        assert re.match(r"\d+\.\d+", each["version"])
    ports = {each["name"]: each["port"] for each in status["components"]}
    assert {ports["ingest"], ports["api"]} == {int(stack.url.rpartition(":")[2])}
    for service in SERVICES:
        socket.create_connection(("127.0.0.1", ports[service]), timeout=5).close()


def test_status_of_no_stack_says_stopped(
    environment: Mapping[str, str], toolbox: Any, tmp_path: Path
) -> None:
    asked = toolbox.run_cli(
        "status", "--json", data_dir=tmp_path / "none", environment=environment, timeout_s=60
    )

    assert asked.returncode == 0
    document = json.loads(asked.stdout)
    assert {each["state"] for each in document["components"]} == {"stopped"}
    assert document["stream_lag"] is None
    assert not (tmp_path / "none").exists()


def test_doctor_finds_nothing_missing_and_lists_what_is_not_on_loopback(stack: Any) -> None:
    told = stack.run("doctor")

    assert told.returncode == 0, told.stdout
    assert "missing" not in told.stdout
    listed = {int(port) for port in re.findall(r"^ +\S+?:(\d+)  ", told.stdout, re.MULTILINE)}
    assert listed
    assert listed == {port for _, _, port in exposed(stack)}


def test_segments_do_not_take_serves_way(stack: Any) -> None:
    segment = stack.send("lifecycle-straight", SEGMENT)
    with stack.api() as reader:
        sessions = reader.get("/api/v1/sessions")

    assert (segment.status_code, sessions.status_code) == (202, 200)
    assert ("x-request-id" in segment.headers, "x-request-id" in sessions.headers) == (False, True)


def test_nothing_but_ray_listens_to_other_machines(stack: Any) -> None:
    ours = set(range(20_000, 30_064)) | {each["port"] for each in stack.status()["components"]}

    for process, host, port in exposed(stack):
        assert is_of_ray(process), (process, host, port)
        assert port not in ours, (process, host, port)


def test_secrets_are_their_owners_alone(stack: Any) -> None:
    secret = ["keys.json", "secrets.json", "root.key", "ray.token", "run/stack.json"]

    for name in secret:
        assert mode_of(stack.data_dir / name) == 0o600, name
    for folder in ("redis", "temporal", "objects", "logs", "run"):
        assert mode_of(stack.data_dir / folder) == 0o700, folder
    assert mode_of(stack.data_dir.parent) == 0o755
    for process in stack.processes():
        line = " ".join(arguments_of(process))
        assert all(value not in line for value in secrets_of(stack)), line


def test_a_key_works_once_made_and_is_refused_once_revoked(stack: Any, toolbox: Any) -> None:
    made = stack.run(
        "keys", "create", "--tenant", "lifecycle", "--project", "p1", "--scope", "read", "--json"
    )
    key = json.loads(made.stdout)["key"]
    key_id = key.split("_")[2]
    with stack.api(key=key) as client:
        worked = client.get("/api/v1/sessions").status_code

        revoked = stack.run("keys", "revoke", key)
        started_s = time.monotonic()
        toolbox.eventually(lambda: client.get("/api/v1/sessions").status_code == 401, timeout_s=15)
        took_s = time.monotonic() - started_s

    listed = json.loads(stack.run("keys", "list", "--json").stdout)["items"]
    mine = next(each for each in listed if each["key_id"] == key_id)
    assert re.fullmatch(r"tf_read_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}", key)
    assert (made.returncode, revoked.returncode) == (0, 0)
    assert worked == 200
    assert took_s < 6.5
    assert (mine["tenant"], mine["project"], mine["scope"]) == ("lifecycle", "p1", "read")
    assert mine["revoked_at"] is not None
    assert all(key.split("_")[3] not in json.dumps(each) for each in listed)


def test_a_key_in_words_is_alone_on_stdout(stack: Any) -> None:
    made = stack.run("keys", "create", "--scope", "ingest")

    assert re.fullmatch(r"tf_ingest_\w{12}_\w{43}\n", made.stdout)


def test_revoking_a_key_that_is_not_there_is_exit_code_1(stack: Any) -> None:
    refused = stack.run("keys", "revoke", "nosuchkey000")

    assert refused.returncode == 1
    assert "no key" in refused.stderr


def test_two_data_directories_run_side_by_side(stack: Any, neighbour: Any) -> None:
    ports = [
        {each["port"] for each in one.status()["components"] if each["name"] in (*SERVICES, "api")}
        for one in (stack, neighbour)
    ]

    assert not ports[0] & ports[1]
    assert neighbour.send("only-next-door", SEGMENT).status_code == 202
    neighbour.await_session("only-next-door")
    assert stack.session("only-next-door") is None
    with stack.api(key=neighbour.read_key) as client:
        assert client.get("/api/v1/sessions").status_code == 401


def test_a_revoked_first_key_leaves_the_file(neighbour: Any) -> None:
    llm_key = json.loads((neighbour.data_dir / "keys.json").read_bytes())["llm_key"]

    assert neighbour.run("keys", "revoke", llm_key).returncode == 0

    left = json.loads((neighbour.data_dir / "keys.json").read_bytes())
    assert "llm_key" not in left
    assert left["read_key"] == neighbour.read_key
    assert mode_of(neighbour.data_dir / "keys.json") == 0o600


def test_down_leaves_no_process_and_up_finds_everything_again(neighbour: Any, toolbox: Any) -> None:
    assert neighbour.send("kept", SEGMENT).status_code == 202
    neighbour.await_session("kept")
    before = kept(neighbour, toolbox)
    assert neighbour.processes()

    stopped = neighbour.run("down", timeout_s=200)
    left = [arguments_of(process) for process in neighbour.processes()]
    again = neighbour.run("down")
    said = neighbour.run("status", "--json")
    with stay_stopped(neighbour):
        assert (stopped.returncode, again.returncode) == (0, 0)
        assert left == []
        assert {each["state"] for each in json.loads(said.stdout)["components"]} == {"stopped"}

    started = toolbox.start_stack(neighbour.data_dir, environment=neighbour.environment)

    assert started == neighbour
    assert kept(started, toolbox) == before


@contextmanager
def stay_stopped(stack: Any) -> Iterator[None]:
    with pytest.raises(httpx.ConnectError), stack.api() as client:
        client.get("/healthz")
    yield


def kept(stack: Any, toolbox: Any) -> Any:
    ledger = toolbox.eventually(
        lambda: (found := stack.document("/ledger")) and (found if not found["in_flight"] else None),
        timeout_s=20,
    )
    return ledger, stack.document("/sessions"), stack.recording_lines("kept")


def exposed(stack: Any) -> list[tuple[psutil.Process, str, int]]:
    return [
        (process, each.laddr.ip, each.laddr.port)
        for process in stack.processes()
        for each in connections_of(process)
        if each.status == psutil.CONN_LISTEN and not is_loopback(each.laddr.ip)
    ]


def connections_of(process: psutil.Process) -> list[Any]:
    try:
        return list(process.net_connections(kind="tcp"))
    except psutil.NoSuchProcess:
        return []


def is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback


def is_of_ray(process: psutil.Process) -> bool:
    line = " ".join(arguments_of(process))
    return "ray::" in line or "/ray/" in line or "traceflow.cluster.stack" in line


def arguments_of(process: psutil.Process) -> list[str]:
    try:
        return [process.name(), *process.cmdline()]
    except psutil.NoSuchProcess:
        return []


def secrets_of(stack: Any) -> list[str]:
    passwords = json.loads((stack.data_dir / "secrets.json").read_bytes())
    keys = json.loads((stack.data_dir / "keys.json").read_bytes())
    return [*passwords.values(), *keys.values(), (stack.data_dir / "ray.token").read_text().strip()]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
