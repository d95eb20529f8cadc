"""Which addresses the processes of a stack listen on."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A TCP socket that takes connections."""

    pid: int
    process: str
    host: str
    port: int

    @property
    def is_on_loopback(self) -> bool:
        return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback


def listeners_of(pids: Iterable[int]) -> list[Listener]:
    """Return every TCP listener of the processes, by port; one that ended meanwhile has none."""
    found = set()
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process = psutil.Process(pid)
            for connection in process.net_connections(kind="tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.family != socket.AF_UNIX:
                    found.add(
                        Listener(
                            pid=pid,
                            process=str(process.name()),
                            host=connection.laddr.ip,
                            port=connection.laddr.port,
                        )
                    )
    return sorted(found, key=lambda listener: (listener.port, listener.pid))


def exposed_listeners(pids: Iterable[int]) -> list[Listener]:
    """Return the listeners that other machines can reach."""
    return [listener for listener in listeners_of(pids) if not listener.is_on_loopback]
