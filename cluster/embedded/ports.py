"""Which port each part of a stack has: its own, the same after a restart, on loopback."""

import fcntl
import json
import os
import socket
import tempfile
from pathlib import Path
from random import Random

from traceflow.models.errors import Misconfigured

LOOPBACK = "127.0.0.1"

# Ray's workers take 10002-19999 and Serve's replicas 30000 and up; the kernel hands out 32768-60999 to
# outgoing connections. Between them a port that is free now is still free when the service binds it.
_RANGE = range(20_000, 30_000)
_ATTEMPTS = 500

_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class PortBook:
    """The ports of one stack, remembered in a file."""

    def __init__(self, path: Path, *, rng: Random) -> None:
        self._path = path
        self._rng = rng
        self._ports = _read(path)

    def claim(self, name: str, *, wanted: int | None = None, preferred: int | None = None) -> int:
        """Return a port for the name: the wanted one, else the remembered, the preferred, or a free one.

        It stays this process's until the process ends, so that two stacks that start at the same moment
        never share one: Serve's HAProxy binds with SO_REUSEPORT, and both would succeed.

        Raises Misconfigured where the wanted port is taken. Called before the name's own service runs.
        """
        port = self._choose(name, wanted, preferred)
        if self._ports.get(name) != port:
            self._ports[name] = port
            _write(self._path, self._ports)
        return port

    def claim_range(self, length: int) -> int:
        """Return the first of so many free neighbouring ports, held like claimed ones, not remembered."""
        known = set(self._ports.values())
        for _ in range(_ATTEMPTS):
            first = self._rng.randrange(_RANGE.start, _RANGE.stop - length)
            ports = range(first, first + length)
            # This process's own locks do not keep it from its own ports.
            if known.isdisjoint(ports) and all(_take(port) for port in ports):
                return first
        raise Misconfigured(f"No {length} free neighbouring ports were found: stop what listens there.")

    def _choose(self, name: str, wanted: int | None, preferred: int | None) -> int:
        if wanted is not None:
            if not _take(wanted):
                raise Misconfigured(
                    f"Port {wanted} for {name} is taken: choose another, or stop what listens there.",
                    port=wanted,
                )
            return wanted
        for port in (self._ports.get(name), preferred):
            if port is not None and _take(port):
                return port
        return self._find_free()

    def _find_free(self) -> int:
        known = set(self._ports.values())
        for _ in range(_ATTEMPTS):
            port = self._rng.choice(_RANGE)
            if port not in known and _take(port):
                return port
        raise Misconfigured(
            f"No free port was found from {_RANGE.start} to {_RANGE.stop - 1}: stop what listens there."
        )


def _take(port: int) -> bool:
    """Hold a free port by a lock on a file of its name, for as long as this process lives."""
    if not is_free(port):
        return False
    descriptor = os.open(_lock_folder() / str(port), _LOCK_FLAGS, 0o600)
    try:
        # A record lock: this process's own, so that it may claim its port again.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    return True


def _lock_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"tf-{os.geteuid()}-ports"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise Misconfigured(f"{folder} belongs to somebody else: remove it.", path=str(folder))
    return folder


def is_free(port: int) -> bool:
    """Tell whether a server could bind the port on loopback and on every interface right now."""
    return _can_bind(LOOPBACK, port) and _can_bind("0.0.0.0", port)  # noqa: S104 - a probe, never listened on


def _can_bind(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection that lingers in TIME_WAIT does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _read(path: Path) -> dict[str, int]:
    try:
        read = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: port for name, port in read.items() if isinstance(port, int)}


def _write(path: Path, ports: dict[str, int]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(ports, indent=1))
    partial.replace(path)
