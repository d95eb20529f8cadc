"""Measures ingest against its peers, as ratios: ``make bench-ingest``, or ``python -m benchmarks.ingest``.

Exit code 1 where a promise is broken; the profile of where the time goes is printed then.
"""

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID

from benchmarks.arm import ARMS, CONNECTIONS, FLOOR, MAIN, Arm, Measurement, measure, measure_floor
from benchmarks.cpu import HANDLER, Watched, watch
from benchmarks.hot_spots import HotSpots, sample
from benchmarks.ready import measure_readiness
from benchmarks.report import bounds_of, build_document, print_hot_spots, print_table
from benchmarks.stand import ROOT, Server, Stand, open_stand
from benchmarks.steps import entry_bytes, step_costs_us

_PROFILE_S = 5.0
_FLOOR_S = 1.0

Rounds = dict[tuple[str, int], list[Measurement]]


class _Run:
    """The rounds as they go on, with their progress."""

    def __init__(self, stand: Stand, *, seconds: float, bar: Progress, task: TaskID) -> None:
        self._stand = stand
        self._seconds = seconds
        self._bar = bar
        self._task = task
        self.rounds: Rounds = defaultdict(list)

    async def round(self, number: int) -> None:
        """Measure every arm once; which server comes first moves on from round to round."""
        servers = list(Server)
        first = number % len(servers)
        for server in (*servers[first:], *servers[:first]):
            await self._server(server)
        for connections in CONNECTIONS:
            self._say(FLOOR, connections)
            self._note(
                await measure_floor(
                    self._stand, connections=connections, entry_bytes=entry_bytes(), seconds=_FLOOR_S
                )
            )

    async def _server(self, server: Server) -> None:
        arms = [arm for arm in ARMS if arm.server is server]
        self._bar.update(self._task, description=f"starting {server}")
        async with self._stand.serving(server, prefixes=prefixes(arms)) as processes:
            watched = watch(processes, self._stand.redis_process)
            await asyncio.to_thread(watched.await_quiet)
            for arm in arms:
                await self._arm(arm, watched)

    async def _arm(self, arm: Arm, watched: Watched) -> None:
        for connections in arm.connections:
            self._say(arm.name, connections)
            self._note(
                await measure(self._stand, arm, watched, connections=connections, seconds=self._seconds)
            )

    def _say(self, arm: str, connections: int) -> None:
        self._bar.update(self._task, description=f"{arm}, {connections} connections")

    def _note(self, measurement: Measurement) -> None:
        self.rounds[measurement.arm, measurement.connections].append(measurement)
        self._bar.advance(self._task)


def prefixes(arms: list[Arm]) -> tuple[str, ...]:
    """Return the prefixes that the arms ask, each once."""
    return tuple(dict.fromkeys(arm.prefix for arm in arms))


async def run(*, rounds: int, seconds: float, console: Console) -> dict[str, Any]:
    """Measure everything; return the document."""
    with console.status("starting a stack, for the time to its first 202"):
        readiness = await measure_readiness()
    steps = sum(len(arm.connections) for arm in ARMS) + len(CONNECTIONS)
    with Progress(console=console, transient=True) as bar:
        async with open_stand() as stand:
            steps_us = await step_costs_us(stand.settings)
            task = bar.add_task("", total=rounds * steps)
            going = _Run(stand, seconds=seconds, bar=bar, task=task)
            for number in range(rounds):
                await going.round(number)
    return build_document(going.rounds, steps_us=steps_us, readiness=readiness, seconds=seconds)


async def profile() -> HotSpots:
    """Sample the ingest replica under the load of the bounds."""
    main = next(arm for arm in ARMS if arm.name == MAIN)
    async with open_stand() as stand, stand.serving(main.server, prefixes=(main.prefix,)) as processes:
        watched = watch(processes, stand.redis_process)
        replica = next(process for part, process in watched.parts if part == HANDLER)
        sampling = asyncio.create_task(asyncio.to_thread(sample, replica.pid, seconds=_PROFILE_S))
        await measure(stand, main, watched, connections=16, seconds=_PROFILE_S)
        return await sampling


def write(document: dict[str, Any], folder: Path) -> Path:
    """Write the document under today's date."""
    folder.mkdir(exist_ok=True)
    path = folder / f"ingest-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return path


def main() -> int:
    """Measure, print, write, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    arguments = parser.parse_args()
    # Where nobody watches, rich would fold the table into 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 150)
    document = asyncio.run(run(rounds=arguments.rounds, seconds=arguments.seconds, console=console))
    print_table(document, console)
    console.print(f"written: {write(document, arguments.results)}")
    promises = bounds_of(document)
    for promise in promises:
        console.print(f"{'kept  ' if promise.is_kept else 'BROKEN'}  {promise.in_words()}", highlight=False)
    if all(promise.is_kept for promise in promises):
        return 0
    print_hot_spots(asyncio.run(profile()), console)
    return 1


if __name__ == "__main__":
    sys.exit(main())
