"""Measures the web side: bundles, what recording costs a page, how soon the dashboard shows things.

``make bench-web``, or ``python -m benchmarks.web``. Exit code 1 where a promise is broken.
"""

import argparse
import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from tools.record_pages.chromium import open_chromium
from tools.record_pages.stack import RunningStack, stack_at

from benchmarks.report import commit, machine
from benchmarks.stand import ROOT
from benchmarks.web.dashboard import FirstFrame, Load, Reader, frame_figures, load_figures, sign_in
from benchmarks.web.promises import promises_of
from benchmarks.web.recording import Cost, measure_recording, recording_figures
from benchmarks.web.sessions import send_large_session, send_small_sessions
from benchmarks.web.sizes import bundle_sizes
from benchmarks.web.table import print_tables

SIZES_MIB = (1, 10, 50)
SESSIONS = 1_000
LIST = "/p/default/sessions"
_LOADED = ((LIST, "rows"), ("/p/default/sessions/bench-large-1", "frame"))
_STORED_TIMEOUT_S = 300.0


def run(*, rounds: int, data_dir: Path | None, console: Console) -> dict[str, Any]:
    """Measure everything; return the document."""
    with console.status("recording: no recorder, rrweb alone, TraceFlow"), open_chromium() as browser:
        costs, sdk_loaded = measure_recording(browser, rounds=rounds)
    with stack_at(data_dir) as stack:
        with console.status(f"sending {SESSIONS} sessions, and three of {SIZES_MIB} MiB"):
            asyncio.run(_send(stack))
        with console.status("the dashboard"), open_chromium() as browser:
            reader = sign_in(browser, stack.url, stack.sign_in_url())
            loads, frames = _look(reader, rounds=rounds)
    return {"sizes": bundle_sizes(sdk_loaded), **_document(costs, loads, frames, rounds=rounds)}


async def _send(stack: RunningStack) -> None:
    await send_small_sessions(stack.url, stack.ingest_key, count=SESSIONS)
    sent = [await send_large_session(stack.url, stack.ingest_key, mebibytes=size) for size in SIZES_MIB]
    with stack.api() as api, ThreadPoolExecutor() as pool:
        for session_id in (*sent, "bench-small-0", f"bench-small-{SESSIONS - 1}"):
            await asyncio.get_running_loop().run_in_executor(pool, _await_closed, api, session_id)


def _await_closed(api: Any, session_id: str) -> None:
    deadline = datetime.now(UTC).timestamp() + _STORED_TIMEOUT_S
    while datetime.now(UTC).timestamp() < deadline:
        answer = api.get(f"/api/v1/sessions/{session_id}")
        if answer.status_code == 200 and answer.json()["state"] == "closed":
            return
    raise TimeoutError(f"{session_id} is not stored after {_STORED_TIMEOUT_S:.0f} s")


def _look(reader: Reader, *, rounds: int) -> tuple[list[Load], list[FirstFrame]]:
    loads = []
    frames = []
    for _ in range(rounds):
        loads += [reader.load(path, shown=shown) for path, shown in _LOADED]
        frames += [reader.first_frame(f"bench-large-{size}", mebibytes=size) for size in SIZES_MIB]
    return loads, frames


def _document(
    costs: list[Cost], loads: list[Load], frames: list[FirstFrame], *, rounds: int
) -> dict[str, Any]:
    return {
        "recording": recording_figures(costs),
        "dashboard": load_figures(loads),
        "first_frame": frame_figures(frames),
        "sessions": SESSIONS,
        "machine": machine(),
        "commit": commit(),
        "rounds": rounds,
        "measurements": {
            "recording": [asdict(cost) for cost in costs],
            "dashboard": [asdict(load) for load in loads],
            "first_frame": [asdict(frame) for frame in frames],
        },
    }


def write(document: dict[str, Any], folder: Path) -> Path:
    """Write the document under today's date."""
    folder.mkdir(exist_ok=True)
    path = folder / f"web-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return path


def main() -> int:
    """Measure, print, write, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data-dir", type=Path, help="of a stack that goes on; else one is made and removed")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    arguments = parser.parse_args()
    # Where nobody watches, rich would fold the tables into 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 150)
    document = run(rounds=arguments.rounds, data_dir=arguments.data_dir, console=console)
    print_tables(document, console)
    console.print(f"written: {write(document, arguments.results)}")
    promises = promises_of(document, list_path=LIST)
    for promise in promises:
        console.print(f"{'kept  ' if promise.is_kept else 'BROKEN'}  {promise.in_words()}", highlight=False)
    return 0 if all(promise.is_kept for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
