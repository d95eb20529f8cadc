"""The results as a document and as a table."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.arm import BARE, FASTAPI, FLOOR, MAIN, MAIN_REDACTED, OPEN_LOOP, SERVE_DEFAULT, Measurement
from benchmarks.figures import Bound, bounds, median_ratio, redaction_share
from benchmarks.hot_spots import HotSpots
from benchmarks.ready import Readiness
from benchmarks.stand import ROOT

_AT = 16
_PEERS = {
    "fastapi_default_proxy": FASTAPI,
    "serve_default_proxy": SERVE_DEFAULT,
    "bare_uvicorn": BARE,
    "redis_floor": FLOOR,
}

Rounds = Mapping[tuple[str, int], Sequence[Measurement]]


def build_document(
    rounds: Rounds, *, steps_us: Mapping[str, float], readiness: Readiness, seconds: float
) -> dict[str, Any]:
    """Return what is written: the figures first, then all that they were computed from."""
    main = rounds[MAIN, _AT]
    rps = {arm: [each.requests_per_s for each in rounds[arm, _AT]] for arm in (MAIN, *_PEERS.values())}
    cpu_us = median(each.server_cpu_us for each in main)
    return {
        "ratios": {name: median_ratio(rps[MAIN], rps[arm]) for name, arm in _PEERS.items()},
        "cpu_ratio_bare_uvicorn": median_ratio(
            [each.server_cpu_us for each in rounds[BARE, _AT]], [each.server_cpu_us for each in main]
        ),
        "p99_ms": {str(n): median(each.p99_ms for each in rounds[MAIN, n]) for n in (1, 16, 64)},
        "open_loop_p99_ms": median(each.p99_ms for each in rounds[OPEN_LOOP, 64]),
        "redaction_share": redaction_share(
            [each.server_cpu_us for each in main], [each.server_cpu_us for each in rounds[MAIN_REDACTED, _AT]]
        ),
        "redaction_requests_per_s_ratio": median_ratio(
            [each.requests_per_s for each in rounds[MAIN_REDACTED, _AT]], rps[MAIN]
        ),
        "ready_s": readiness.ready_s,
        "pss_mib": readiness.pss_mib,
        "pss_mib_by_process": readiness.pss_mib_by_process,
        "steps": {
            name: {"us": us, "share_of_server_cpu": _share(name, us, cpu_us)} for name, us in steps_us.items()
        },
        "machine": machine(),
        "commit": commit(),
        "rounds": len(main),
        "seconds": seconds,
        "arms": [_summary(measured) for measured in rounds.values()],
        "measurements": [asdict(each) for measured in rounds.values() for each in measured],
    }


def bounds_of(document: Mapping[str, Any]) -> list[Bound]:
    """Return the promises that a document's figures keep or break."""
    return bounds(ratios=document["ratios"], p99_ms=document["p99_ms"], ready_s=document["ready_s"])


def _share(step: str, us: float, cpu_us: float) -> float:
    """Return a step's share of a request's CPU; what was measured is without redaction."""
    return us / (cpu_us + us) if step == "redact" else us / cpu_us


def _summary(measured: Sequence[Measurement]) -> dict[str, Any]:
    parts = sorted({part for each in measured for part in each.cpu_us})
    return {
        "arm": measured[0].arm,
        "connections": measured[0].connections,
        "requests_per_s": median(each.requests_per_s for each in measured),
        "events_per_s": median(each.events_per_s for each in measured),
        "p50_ms": median(each.p50_ms for each in measured),
        "p99_ms": median(each.p99_ms for each in measured),
        "server_cpu_us": median(each.server_cpu_us for each in measured),
        "cpu_us": {part: median(each.cpu_us.get(part, 0.0) for each in measured) for part in parts},
    }


def print_table(document: Mapping[str, Any], console: Console) -> None:
    """Print every arm's medians, the steps, and what follows from them."""
    table = Table(title=f"ingest, medians of {document['rounds']} rounds of {document['seconds']:g} s")
    table.add_column("arm")
    for name in ("conn.", "requests/s", "events/s", "p50 ms", "p99 ms", "CPU µs/request", "of it, by part"):
        table.add_column(name, justify="right")
    for arm in document["arms"]:
        parts = ", ".join(f"{part} {us:.0f}" for part, us in arm["cpu_us"].items())
        table.add_row(
            arm["arm"],
            str(arm["connections"]),
            f"{arm['requests_per_s']:,.0f}",
            f"{arm['events_per_s']:,.0f}",
            f"{arm['p50_ms']:.2f}",
            f"{arm['p99_ms']:.2f}",
            f"{arm['server_cpu_us']:.0f}",
            parts,
        )
    console.print(table)
    steps = Table(title="steps of one segment, each by itself")
    for name in ("step", "CPU µs", "share of the server's CPU"):
        steps.add_column(name, justify="left" if name == "step" else "right")
    for name, step in document["steps"].items():
        steps.add_row(name, f"{step['us']:.1f}", f"{step['share_of_server_cpu']:.0%}")
    console.print(steps)
    _print_figures(document, console)


def _print_figures(document: Mapping[str, Any], console: Console) -> None:
    ratios = ", ".join(f"{name} {ratio:.2f}" for name, ratio in document["ratios"].items())
    console.print(f"at 16 connections, times requests/s of: {ratios}")
    console.print(f"CPU per request of bare uvicorn / ours: {document['cpu_ratio_bare_uvicorn']:.2f}")
    console.print(f"p99 at 50,000 events/s, open loop: {document['open_loop_p99_ms']:.1f} ms")
    console.print(f"redaction's share of the server's CPU, where it is on: {document['redaction_share']:.0%}")
    console.print(f"first 202 after {document['ready_s']:.1f} s; memory (PSS) {document['pss_mib']:.0f} MiB")


def print_hot_spots(spots: HotSpots, console: Console) -> None:
    """Print where the replica's time went."""
    console.rule("the replica's profile: functions by their own time")
    for frame, share in spots.own:
        console.print(f"{share:6.1%}  {frame}", markup=False, highlight=False)
    console.rule("and by the time within them")
    for frame, share in spots.within:
        console.print(f"{share:6.1%}  {frame}", markup=False, highlight=False)


def machine() -> str:
    """Say what it ran on."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.release()} "
        f"{platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def commit() -> str:
    """Return the commit, marked where the tree differs from it; empty outside a checkout."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip()
