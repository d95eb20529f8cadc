import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

START_TIMEOUT_S = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack that the command line started, and how to talk to it."""

    data_dir: Path
    url: str
    ingest_key: str
    read_key: str
    admin_key: str
    environment: Mapping[str, str]

    def run(self, *arguments: str, timeout_s: float = 120) -> "subprocess.CompletedProcess[str]":
        return run_cli(*arguments, data_dir=self.data_dir, environment=self.environment, timeout_s=timeout_s)

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.run("status", "--json").stdout))

    def pid_of(self, component: str) -> int | None:
        return next(each["pid"] for each in self.status()["components"] if each["name"] == component)

    def api(self, *, key: str | None = None) -> httpx.Client:
        headers = {"authorization": f"Bearer {key or self.read_key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)


def run_cli(
    *arguments: str, data_dir: Path, environment: Mapping[str, str], timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    command, *rest = arguments
    return subprocess.run(
        [sys.executable, "-m", "traceflow.cluster.cli.main", command, "--data-dir", str(data_dir), *rest],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=dict(environment),
        cwd="/",
        check=False,
    )


def start_stack(data_dir: Path, *, environment: Mapping[str, str]) -> Stack:
    started = run_cli(
        "up", "--detach", "--json", data_dir=data_dir, environment=environment, timeout_s=START_TIMEOUT_S
    )
    assert started.returncode == 0, started.stderr
    said = json.loads(started.stdout)
    return Stack(
        data_dir=data_dir,
        url=said["url"],
        ingest_key=said["ingest_key"],
        read_key=said["read_key"],
        admin_key=said["admin_key"],
        environment=environment,
    )


def stop_stack(data_dir: Path, *, environment: Mapping[str, str]) -> None:
    stopped = run_cli("down", data_dir=data_dir, environment=environment, timeout_s=START_TIMEOUT_S)
    assert stopped.returncode == 0, stopped.stderr


def make_reachable_dir() -> Path:
    """Make a directory that the database's user can reach; pytest's own are closed to it."""
    directory = Path(tempfile.mkdtemp(prefix="tf-e2e-"))
    directory.chmod(0o755)
    return directory


@pytest.fixture(scope="session")
def environment() -> Mapping[str, str]:
    inherited = dict(os.environ)  # noqa: TID251 - handed on; no setting is read from it
    return {name: value for name, value in inherited.items() if not name.startswith("TRACEFLOW_")}


@pytest.fixture(scope="session")
def stack(environment: Mapping[str, str]) -> Iterator[Stack]:
    directory = make_reachable_dir()
    try:
        yield start_stack(directory / "data", environment=environment)
    finally:
        stop_stack(directory / "data", environment=environment)
        shutil.rmtree(directory)
