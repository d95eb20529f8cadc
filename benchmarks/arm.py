"""The arms: who is asked, what for, and how a measurement of one is taken."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from secrets import token_hex

import msgspec

from benchmarks.cpu import Watched
from benchmarks.load import Load, LoadReport
from benchmarks.servers.redactor_by_window import RAW, REDACTED
from benchmarks.stand import ROOT, Server, Stand

CONNECTIONS = (1, 16, 64)
OPEN_LOOP_EVENTS_PER_S = 50_000
_WARMUP_S = 0.7
_ANSWER_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A server asked in one way."""

    name: str
    server: Server
    prefix: str = "/ingest"
    encoding: str = "gzip"
    window_id: str = RAW
    rate: float = 0.0
    connections: tuple[int, ...] = CONNECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One round of one arm at one number of connections; CPU in µs per request, by part."""

    arm: str
    connections: int
    requests_per_s: float
    events_per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_us: dict[str, float]

    @property
    def server_cpu_us(self) -> float:
        """Return what the server takes of a request, without Redis."""
        return sum(us for part, us in self.cpu_us.items() if part != "redis")


MAIN, MAIN_ZSTD, MAIN_REDACTED, OPEN_LOOP = "traceflow", "traceflow zstd", "traceflow redacted", "open loop"
BARE, SERVE_DEFAULT, FASTAPI = "bare uvicorn", "serve default proxy", "fastapi default proxy"
FLOOR = "redis-benchmark XADD"

ARMS = (
    Arm(name=MAIN, server=Server.HAPROXY),
    Arm(name=MAIN_ZSTD, server=Server.HAPROXY, encoding="zstd"),
    Arm(name=MAIN_REDACTED, server=Server.HAPROXY, window_id=REDACTED),
    # 50 events a segment.
    Arm(name=OPEN_LOOP, server=Server.HAPROXY, rate=OPEN_LOOP_EVENTS_PER_S / 50, connections=(64,)),
    Arm(name=BARE, server=Server.BARE),
    Arm(name="bare uvicorn zstd", server=Server.BARE, encoding="zstd", connections=(16,)),
    Arm(name="bare uvicorn redacted", server=Server.BARE, window_id=REDACTED, connections=(16,)),
    Arm(name=SERVE_DEFAULT, server=Server.DEFAULT_PROXY),
    Arm(name=FASTAPI, server=Server.DEFAULT_PROXY, prefix="/fastapi"),
)


async def measure(
    stand: Stand, arm: Arm, watched: Watched, *, connections: int, seconds: float
) -> Measurement:
    """Put one load on a running server; raises RuntimeError where a request was not accepted."""
    stand.empty_stream()
    load = Load(
        port=stand.settings.http_port,
        prefix=arm.prefix,
        key=stand.ingest_key,
        window_id=arm.window_id,
        encoding=arm.encoding,
        connections=connections,
        warmup_s=_WARMUP_S,
        seconds=seconds,
        rate=arm.rate,
        run_id=token_hex(6),
    )
    report, taken_s = await _run(load, watched)
    if report.refused:
        raise RuntimeError(
            f"{arm.name}: {sum(report.refused.values())} refused, such as {next(iter(report.refused))}"
        )
    return Measurement(
        arm=arm.name,
        connections=connections,
        requests_per_s=report.requests_per_s,
        events_per_s=report.events_per_s,
        p50_ms=report.p50_ms,
        p99_ms=report.p99_ms,
        max_ms=report.max_ms,
        cpu_us={part: seconds * 1e6 / report.sent for part, seconds in taken_s.items()},
    )


async def _run(load: Load, watched: Watched) -> tuple[LoadReport, dict[str, float]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(msgspec.json.encode(load) + b"\n")
        await process.stdout.readline()
        before = watched.seconds()
        process.stdin.write(b"\n")
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            line = await process.stdout.readline()
        after = watched.seconds()
    finally:
        if process.returncode is None and not process.stdout.at_eof():
            process.stdin.close()
        await _end(process)
    report = msgspec.json.decode(line, type=LoadReport)
    return report, {part: after[part] - before[part] for part in after}


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(2.0):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def measure_floor(stand: Stand, *, connections: int, entry_bytes: int, seconds: float) -> Measurement:
    """Have redis-benchmark append entries of the same size to a stream: what the disk and Redis allow."""
    stand.empty_stream()
    before = stand.redis_process.cpu_times()
    requests = int(seconds * (3_000 if connections == 1 else 10_000))
    redis = stand.redis.connection_pool.connection_kwargs
    process = await asyncio.create_subprocess_exec(
        "redis-benchmark", "-h", redis["host"], "-p", str(redis["port"]), "-a", redis["password"],
        "-c", str(connections), "-n", str(requests), "--csv",
        "XADD", "tf:{0}:segments", "*", "p", "default/default", "e", "x" * entry_bytes,
        stdout=subprocess.PIPE,
        env={"PATH": os.defpath},
    )  # fmt: skip
    output, _ = await process.communicate()
    after = stand.redis_process.cpu_times()
    # "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms",…
    figures = output.decode().strip().splitlines()[-1].rsplit(",", 7)
    rps, _, _, p50_ms, _, p99_ms, max_ms = (float(figure.strip('"')) for figure in figures[1:])
    taken_s = after.user + after.system - before.user - before.system
    return Measurement(
        arm=FLOOR,
        connections=connections,
        requests_per_s=rps,
        events_per_s=rps * 50,
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        max_ms=max_ms,
        cpu_us={"redis": taken_s * 1e6 / requests},
    )
