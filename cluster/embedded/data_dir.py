"""The one directory that holds everything of a stack: data, logs, secrets, and what runs right now."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from traceflow.models.errors import Misconfigured

# Other users may pass through to what is theirs (PostgreSQL's user owns postgres/), but see no names.
PASSABLE = 0o711
PRIVATE = 0o700
MARKER = ".made-by-traceflow"

# A unix socket's path holds 107 bytes; Ray appends about 70 to this folder, so it stands directly here.
_SHORT_ROOT = Path("/tmp")  # noqa: S108 - ownership is checked, and the target is private


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDir:
    """The paths within a data directory. ``prepare`` makes them; naming one touches nothing."""

    path: Path

    @property
    def stack_id(self) -> str:
        """Name the stack that lives here: 8 hex digits of the resolved path's hash."""
        return hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:8]

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def redis(self) -> Path:
        return self.path / "redis"

    @property
    def temporal(self) -> Path:
        return self.path / "temporal"

    @property
    def objects(self) -> Path:
        return self.path / "objects"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def root_key(self) -> Path:
        return self.path / "root.key"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets.json"

    @property
    def ray_token(self) -> Path:
        return self.path / "ray.token"

    @property
    def keys(self) -> Path:
        return self.path / "keys.json"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def ports(self) -> Path:
        return self.run / "ports.json"

    @property
    def runtime_link(self) -> Path:
        """Name the short way to ``run``, for sockets and Ray's session (see ``link_runtime_dir``)."""
        return _SHORT_ROOT / f"tf-{os.geteuid()}-{self.stack_id}"

    def prepare(self) -> None:
        """Make what is missing, with its mode; a directory that is there already keeps the mode it has."""
        try:
            _make_with_parents(self.path)
            for private in (self.redis, self.temporal, self.objects, self.logs, self.run):
                make_directory(private, mode=PRIVATE)
        except OSError as error:
            raise Misconfigured(
                f"The data directory {self.path} cannot be used ({error.strerror}): "
                "make it writable for this user, or choose another with --data-dir.",
                path=str(self.path),
            ) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the data directory alone; raises Misconfigured where another supervisor holds it."""
        descriptor = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise Misconfigured(
                f"A stack runs in {self.path} already: stop it with `traceflow down`.", path=str(self.path)
            ) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def is_locked(self) -> bool:
        """Tell whether a living supervisor holds this directory; a dead one's lock is gone with it."""
        try:
            descriptor = os.open(self.run / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def link_runtime_dir(self) -> Path:
        """Return the short path to ``run``, made or made anew; idempotent.

        It is a link, so that Ray's session and its logs lie in the data directory from the start. Ray
        keeps the path as it was given (tried with 2.60), so its sockets stay within 107 bytes.
        """
        link = self.runtime_link
        target = self.run.resolve()
        try:
            link.symlink_to(target)
        except FileExistsError:
            _check_link(link, target)
        except OSError as error:
            raise Misconfigured(f"{link} cannot be made ({error.strerror}): make /tmp writable.") from error
        return link

    def unlink_runtime_dir(self) -> None:
        """Remove the short path; what it led to stays."""
        if self.runtime_link.is_symlink() and self.runtime_link.lstat().st_uid == os.geteuid():
            self.runtime_link.unlink(missing_ok=True)


def data_dir_at(path: Path | None) -> DataDir:
    """Name the data directory at the path, made absolute, or the default one; makes nothing."""
    return DataDir(path=(path or default_data_dir()).expanduser().absolute())


def default_data_dir() -> Path:
    """Return ``~/.traceflow``, or ``/var/lib/traceflow`` for root, whose home no other user can enter."""
    return Path("/var/lib/traceflow") if os.geteuid() == 0 else Path.home() / ".traceflow"


def make_directory(path: Path, *, mode: int) -> bool:
    """Make one directory with exactly this mode; return whether it was made (an existing one is left)."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        if not path.is_dir():
            raise
        return False
    path.chmod(mode)  # mkdir's is narrowed by the umask
    return True


def _make_with_parents(path: Path) -> None:
    missing = []
    ancestor = path
    while not ancestor.exists():
        missing.append(ancestor)
        ancestor = ancestor.parent
    mode = PASSABLE if os.geteuid() == 0 else PRIVATE
    for directory in reversed(missing):
        make_directory(directory, mode=mode)
    if missing:
        (path / MARKER).touch(mode=0o600)


def _check_link(link: Path, target: Path) -> None:
    if not link.is_symlink() or link.lstat().st_uid != os.geteuid() or link.readlink() != target:
        raise Misconfigured(
            f"{link} is not the link that TraceFlow made to {target}: remove it.", path=str(link)
        )
