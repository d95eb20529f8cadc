"""Which port each part of a stack has: its own, the same after a restart, on loopback."""

import json
import socket
from pathlib import Path
from random import Random

from traceflow.models.errors import Misconfigured

LOOPBACK = "127.0.0.1"

# Ray's workers take 10002-19999 and Serve's replicas 30000 and up; the kernel hands out 32768-60999 to
# outgoing connections. Between them a port that is free now is still free when the service binds it.
_RANGE = range(20_000, 30_000)
_ATTEMPTS = 500


class PortBook:
    """The ports of one stack, remembered in a file."""

    def __init__(self, path: Path, *, rng: Random) -> None:
        self._path = path
        self._rng = rng
        self._ports = _read(path)

    def claim(self, name: str, *, wanted: int | None = None, preferred: int | None = None) -> int:
        """Return a port for the name: the wanted one, else the remembered, the preferred, or a free one.

        Raises Misconfigured where the wanted port is taken. Called before the name's own service runs.
        """
        port = self._choose(name, wanted, preferred)
        if self._ports.get(name) != port:
            self._ports[name] = port
            _write(self._path, self._ports)
        return port

    def _choose(self, name: str, wanted: int | None, preferred: int | None) -> int:
        if wanted is not None:
            if not is_free(wanted):
                raise Misconfigured(
                    f"Port {wanted} for {name} is taken: choose another, or stop what listens there.",
                    port=wanted,
                )
            return wanted
        remembered = self._ports.get(name)
        if remembered is not None and is_free(remembered):
            return remembered
        if remembered is None and preferred is not None and is_free(preferred):
            return preferred
        return self._find_free()

    def _find_free(self) -> int:
        known = set(self._ports.values())
        for _ in range(_ATTEMPTS):
            port = self._rng.choice(_RANGE)
            if port not in known and is_free(port):
                return port
        raise Misconfigured(
            f"No free port was found from {_RANGE.start} to {_RANGE.stop - 1}: stop what listens there."
        )


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
