"""A stack that the command line starts for the visits, or one that runs already."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from traceflow.cluster.settings import StackSettings

# Two busy cores: a start takes from 13 to 90 s there.
_START_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStack:
    """Where a stack is, its keys and its directory."""

    data_dir: Path
    url: str
    ingest_key: str
    read_key: str
    admin_key: str

    def api(self) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.admin_key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def sign_in_url(self) -> str:
        """Make a link that signs in to the dashboard, once."""
        said = _traceflow("sign-in", "--json", "--data-dir", str(self.data_dir))
        return str(json.loads(said.stdout)["sign_in_url"])

    def settings(self) -> StackSettings:
        return StackSettings.model_validate_json((self.data_dir / "run" / "stack.json").read_bytes())


@contextmanager
def stack_at(data_dir: Path | None) -> Iterator[RunningStack]:
    """Yield the stack of the directory, which goes on; without one a stack of its own, gone in the end."""
    if data_dir is not None:
        yield _up(data_dir)
        return
    # The database's user must be able to enter.
    place = Path(tempfile.mkdtemp(prefix="tf-pages-"))
    place.chmod(0o755)
    try:
        yield _up(place / "data")
    finally:
        _traceflow("down", "--data-dir", str(place / "data"))
        shutil.rmtree(place, ignore_errors=True)


def _up(data_dir: Path) -> RunningStack:
    said = _traceflow("up", "--detach", "--json", "--data-dir", str(data_dir))
    if said.returncode != 0:
        raise SystemExit(said.stderr)
    document = json.loads(said.stdout)
    return RunningStack(
        data_dir=Path(document["data_dir"]),
        url=document["url"],
        ingest_key=document["ingest_key"],
        read_key=document["read_key"],
        admin_key=document["admin_key"],
    )


def _traceflow(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "traceflow.cluster.cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=_START_TIMEOUT_S,
        cwd="/",
        check=False,
    )
