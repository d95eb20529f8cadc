import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from pydantic import SecretStr

from traceflow.datasets.archive.settings import ArchiveSettings

START_TIMEOUT_S = 20.0


def minio_binary() -> str | None:
    cached = Path.home() / ".cache" / "traceflow" / "bin" / "minio"
    return str(cached) if cached.exists() else shutil.which("minio")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    http = urllib3.PoolManager(timeout=1.0, retries=False)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if http.request("GET", f"{url}/minio/health/live").status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    pytest.fail("MinIO did not become ready")


@pytest.fixture(scope="session")
def minio_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArchiveSettings]:
    binary = minio_binary()
    if binary is None:
        pytest.skip("MinIO is missing: run `make services`")
    endpoint = f"127.0.0.1:{free_port()}"
    home = str(tmp_path_factory.mktemp("minio"))
    process = subprocess.Popen(
        [binary, "server", home, "--address", endpoint, "--console-address", "127.0.0.1:0", "--quiet"],
        env={"HOME": home, "MINIO_ROOT_USER": "traceflow", "MINIO_ROOT_PASSWORD": "traceflow-test"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(f"http://{endpoint}", process)
        yield ArchiveSettings(
            kind="s3",
            endpoint=endpoint,
            access_key="traceflow",
            secret_key=SecretStr("traceflow-test"),
            secure=False,
        )
    finally:
        process.terminate()
        process.wait(timeout=10)
