"""Where a server's time goes: py-spy's samples of a loaded process, added up."""

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_TOP = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class HotSpots:
    """The functions that were on top of the stack, and the files that were anywhere in it, by their share."""

    own: tuple[tuple[str, float], ...]
    within: tuple[tuple[str, float], ...]


def sample(pid: int, *, seconds: float) -> HotSpots:
    """Sample a process for some seconds; blocks. Raises RuntimeError where py-spy cannot, and says why."""
    py_spy = Path(sys.executable).with_name("py-spy")
    command = [
        str(py_spy),
        "record",
        "--gil",
        "--pid",
        str(pid),
        "--duration",
        str(int(seconds)),
        "--format",
        "raw",
    ]
    with TemporaryDirectory() as place:
        samples = Path(place) / "samples"
        finished = subprocess.run(
            [*command, "--output", str(samples)], capture_output=True, text=True, check=False
        )
        if finished.returncode:
            raise RuntimeError(f"py-spy: {finished.stderr.strip()}")
        return add_up(samples.read_text())


def add_up(raw: str) -> HotSpots:
    """Add up py-spy's raw lines: ``frame;frame;frame count``, the outermost first."""
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    total = 0
    for line in raw.splitlines():
        stack, blank, count = line.rpartition(" ")
        if not blank or not count.isdigit():
            continue
        frames = stack.split(";")
        total += int(count)
        own[frames[-1]] += int(count)
        for frame in {_without_line(frame) for frame in frames}:
            within[frame] += int(count)
    return HotSpots(own=_shares(own, total), within=_shares(within, total))


def _without_line(frame: str) -> str:
    return frame.rpartition(":")[0] + ")" if frame.endswith(")") and ":" in frame else frame


def _shares(counts: Counter[str], total: int) -> tuple[tuple[str, float], ...]:
    return tuple((frame, count / total) for frame, count in counts.most_common(_TOP))
