"""How soon a stack takes segments, and how much memory it holds. Run as ``python -m benchmarks.ready``."""

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.stand import await_accepting, make_reachable_dir
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.leftovers import find_leftovers

_TIMEOUT_S = 240.0
_SETTLE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """From the command to the first 202 in a new data directory, and the whole stack's PSS a little later."""

    ready_s: float
    pss_mib: float
    pss_mib_by_process: dict[str, float]


async def measure_readiness() -> Readiness:
    """Start a stack by the command line, send it a segment as soon as it can take one, weigh it, stop it."""
    place = make_reachable_dir()
    data_dir = DataDir(path=place / "data")
    try:
        began_s = time.monotonic()
        starting = await asyncio.create_subprocess_exec(
            *_traceflow("up", data_dir.path),
            "--detach",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        async with asyncio.timeout(_TIMEOUT_S):
            await _first_accepted(data_dir)
        ready_s = time.monotonic() - began_s
        await starting.wait()
        await asyncio.sleep(_SETTLE_S)
        weights = _weigh(data_dir)
        return Readiness(ready_s=ready_s, pss_mib=sum(weights.values()), pss_mib_by_process=weights)
    finally:
        stopping = await asyncio.create_subprocess_exec(
            *_traceflow("down", data_dir.path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )
        await stopping.wait()
        await asyncio.to_thread(shutil.rmtree, place)


def _traceflow(command: str, place: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "traceflow.cluster.cli.main", command, "--data-dir", str(place))


async def _first_accepted(data_dir: DataDir) -> None:
    while True:
        with contextlib.suppress(FileNotFoundError, KeyError, ValueError):
            key = json.loads(data_dir.keys.read_bytes())["ingest_key"]
            port = json.loads(data_dir.ports.read_bytes())["http"]
            await await_accepting(f"http://127.0.0.1:{port}/ingest", key=key)
            return
        await asyncio.sleep(0.05)


def _weigh(data_dir: DataDir) -> dict[str, float]:
    """Return the MiB of every kind of process: PSS counts a page that n processes share as 1/n for each."""
    weights: dict[str, float] = defaultdict(float)
    for process in find_leftovers(data_dir):
        with contextlib.suppress(psutil.NoSuchProcess):
            weights[_kind_of(process)] += process.memory_full_info().pss / 2**20
    return dict(sorted(weights.items(), key=lambda kind_and_mib: -kind_and_mib[1]))


def _kind_of(process: psutil.Process) -> str:
    line = process.cmdline()
    name = Path(line[0]).name.split(" ", 1)[0] if line else process.name()
    if name.startswith("python"):
        return next((Path(each).name for each in line[1:] if not each.startswith("-")), name)
    return name


def main() -> None:
    """Measure and print."""
    readiness = asyncio.run(measure_readiness())
    print(f"first 202 after {readiness.ready_s:.1f} s; memory (PSS) {readiness.pss_mib:.0f} MiB")
    for kind, mib in readiness.pss_mib_by_process.items():
        print(f"{mib:8.0f}  {kind}")


if __name__ == "__main__":
    main()
