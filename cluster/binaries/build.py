"""Builds a program with Go into the user's cache, once, whoever else builds it at the same time."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from traceflow.cluster.binaries.recipe import Recipe
from traceflow.cluster.embedded.process import inherited_environment
from traceflow.models.errors import Misconfigured

_SHOWN_LINES = 8


def build(recipe: Recipe, *, go: Path, cache: Path, on_line: Callable[[str], None]) -> Path:
    """Build the program into the cache and return it; each line that Go prints is handed on.

    Blocks for minutes. Raises Misconfigured, with Go's last lines, where the build fails.
    """
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / recipe.name
    with build_lock(cache, recipe.name), tempfile.TemporaryDirectory(dir=cache, prefix=".build-") as folder:
        if os.access(program, os.X_OK):  # somebody else built it while this one waited
            return program
        environment = inherited_environment() | {"GOBIN": folder}
        lines: list[str] = []
        with subprocess.Popen(  # noqa: S603 - Go, with a pinned module
            [str(go), "install", "-v", "-ldflags=-s -w", recipe.target],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as building:
            assert building.stdout is not None
            for line in building.stdout:
                lines.append(line.rstrip())
                on_line(lines[-1])
        if building.returncode != 0:
            shown = "\n".join(lines[-_SHOWN_LINES:])
            raise Misconfigured(f"`go install {recipe.target}` failed:\n{shown}", program=recipe.name)
        shutil.move(Path(folder) / recipe.name, program)
    return program


@contextmanager
def build_lock(cache: Path, name: str) -> Iterator[None]:
    """Hold the right to put a program into the cache; waits for another holder."""
    with (cache / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
