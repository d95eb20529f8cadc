"""One load on one server, in a process of its own: bytes made beforehand, raw sockets, one loop.

Run as ``python -m benchmarks.load``: a ``Load`` comes as one line of JSON on stdin, ``ready`` goes out, an
empty line starts it, and a ``LoadReport`` goes out. It costs the machine about 20 µs a request.
"""

import gc
import select
import socket
import sys
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from random import Random
from time import perf_counter_ns

import msgspec

from benchmarks.figures import percentile
from benchmarks.payload import EVENTS, compress, templates

_ACCEPTED = b'{"outcome":"accepted"}'
_OK = b"HTTP/1.1 202"
_SEED = 7
_SECOND_NS = 1_000_000_000


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. ``rate`` 0 is a closed loop, else the arrivals per second of a Poisson process."""

    port: int
    prefix: str
    key: str
    window_id: str
    encoding: str
    connections: int
    warmup_s: float
    seconds: float
    rate: float
    run_id: str


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Latencies are of the measured time; ``sent`` counts the warm-up too."""

    sent: int
    measured: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: dict[str, int]

    @property
    def requests_per_s(self) -> float:
        return self.measured / self.seconds

    @property
    def events_per_s(self) -> float:
        return self.requests_per_s * EVENTS


@dataclass(slots=True)
class _Tally:
    """What was answered so far."""

    measured_from_ns: int
    sent: int = 0
    latencies_ns: list[int] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def note(self, answer: bytes, *, began_ns: int, now_ns: int) -> None:
        if not (answer.startswith(_OK) and answer.endswith(_ACCEPTED)):
            self.refused[answer[:200].decode("latin-1")] += 1
        if now_ns >= self.measured_from_ns:
            self.latencies_ns.append(now_ns - began_ns)


def requests(load: Load) -> Iterator[bytes]:
    """Yield requests without end: the templates in turn, each time as a session of its own."""
    head = f"POST {load.prefix}/v1/sessions/{load.run_id}-".encode()
    tails = []
    for segment in templates(window_id=load.window_id):
        body = compress(segment.document, load.encoding)
        lines = (
            "/segments HTTP/1.1",
            f"host: 127.0.0.1:{load.port}",
            f"authorization: Bearer {load.key}",
            "content-type: application/json",
            f"content-encoding: {load.encoding}",
            f"content-length: {len(body)}",
        )
        tails.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    for number, tail in zip(count(), cycle(tails), strict=False):
        yield b"%b%d%b" % (head, number, tail)


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer has come whole; one is under way per connection."""
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return False
    place = head.lower().find(b"content-length:")
    if place < 0:
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(head[place + 15 :].split(b"\r\n", 1)[0])


def run_closed(load: Load) -> LoadReport:
    """Keep one request under way on every connection."""
    following = requests(load)
    sockets = [_connect(load.port) for _ in range(load.connections)]
    by_number = {each.fileno(): each for each in sockets}
    poll = select.epoll()
    start = perf_counter_ns()
    end = start + int((load.warmup_s + load.seconds) * _SECOND_NS)
    tally = _Tally(start + int(load.warmup_s * _SECOND_NS))
    began: dict[int, int] = {}
    partial: dict[int, bytes] = {}
    for number, each in by_number.items():
        poll.register(number, select.EPOLLIN)
        each.sendall(next(following))
        began[number] = perf_counter_ns()
    under_way = len(sockets)
    while under_way:
        for number, _ in poll.poll():
            answer = partial.pop(number, b"") + _receive(by_number[number])
            if not (answer.endswith(_ACCEPTED) or is_whole(answer)):
                partial[number] = answer
                continue
            now = perf_counter_ns()
            tally.sent += 1
            if now >= end:
                under_way -= 1
                continue
            tally.note(answer, began_ns=began[number], now_ns=now)
            by_number[number].sendall(next(following))
            began[number] = now
    return _report(tally, load.seconds)


def run_open(load: Load) -> LoadReport:
    """Send at the times of a Poisson process; a latency counts from the time that a request was due."""
    following = requests(load)
    rng = Random(_SEED)
    free = deque(_connect(load.port) for _ in range(load.connections))
    busy: dict[socket.socket, int] = {}
    partial: dict[socket.socket, bytes] = {}
    start = perf_counter_ns()
    end = start + int((load.warmup_s + load.seconds) * _SECOND_NS)
    tally = _Tally(start + int(load.warmup_s * _SECOND_NS))
    due = start
    while busy or due < end:
        now = perf_counter_ns()
        while free and due <= now and due < end:
            connection = free.popleft()
            connection.sendall(next(following))
            busy[connection] = due
            due += int(rng.expovariate(load.rate) * _SECOND_NS)
        patience = max(0.0, (due - perf_counter_ns()) / _SECOND_NS) if free and due < end else 1.0
        for connection in select.select(busy, (), (), patience)[0]:
            answer = partial.pop(connection, b"") + _receive(connection)
            if not (answer.endswith(_ACCEPTED) or is_whole(answer)):
                partial[connection] = answer
                continue
            tally.sent += 1
            tally.note(answer, began_ns=busy.pop(connection), now_ns=perf_counter_ns())
            free.append(connection)
    return _report(tally, load.seconds)


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _receive(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise ConnectionResetError("the server closed a connection")
    return received


def _report(tally: _Tally, seconds: float) -> LoadReport:
    latencies = sorted(tally.latencies_ns)
    return LoadReport(
        sent=tally.sent,
        measured=len(latencies),
        seconds=seconds,
        p50_ms=percentile(latencies, 50) / 1e6,
        p99_ms=percentile(latencies, 99) / 1e6,
        max_ms=latencies[-1] / 1e6,
        refused=dict(tally.refused),
    )


def main() -> None:
    """Take the order, wait for the word, report."""
    load = msgspec.json.decode(sys.stdin.buffer.readline(), type=Load)
    gc.disable()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.buffer.readline()
    report = run_open(load) if load.rate else run_closed(load)
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")


if __name__ == "__main__":
    main()
