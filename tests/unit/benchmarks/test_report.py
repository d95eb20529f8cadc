from io import StringIO

import pytest
from benchmarks.arm import ARMS, CONNECTIONS, FLOOR, Measurement
from benchmarks.ready import Readiness
from benchmarks.report import bounds_of, build_document, print_table
from rich.console import Console

RPS = {
    "traceflow": 2000.0,
    "bare uvicorn": 4000.0,
    "fastapi default proxy": 100.0,
    "serve default proxy": 125.0,
}
SERVER_US = {"traceflow redacted": 2000.0}


def _measurement(arm: str, connections: int, round_number: int) -> Measurement:
    rps = RPS.get(arm, 1000.0) * (1 + round_number)
    return Measurement(
        arm=arm,
        connections=connections,
        requests_per_s=rps,
        events_per_s=50 * rps,
        p50_ms=1.0,
        p99_ms=float(connections + round_number),
        max_ms=50.0,
        cpu_us={"handler": SERVER_US.get(arm, 500.0), "redis": 40.0},
    )


@pytest.fixture
def document() -> dict[str, object]:
    places = [(arm.name, connections) for arm in ARMS for connections in arm.connections]
    places += [(FLOOR, connections) for connections in CONNECTIONS]
    return build_document(
        {place: [_measurement(*place, number) for number in range(3)] for place in places},
        steps_us={"redact": 1500.0, "hash": 100.0},
        readiness=Readiness(ready_s=12.0, pss_mib=1500.0, pss_mib_by_process={"redis-server": 10.0}),
        seconds=3.0,
    )


def test_the_document_has_the_figures_that_are_promised(document: dict[str, object]) -> None:
    assert document["ratios"] == {
        "fastapi_default_proxy": 20.0,
        "serve_default_proxy": 16.0,
        "bare_uvicorn": 0.5,
        "redis_floor": 2.0,
    }
    assert document["p99_ms"] == {"1": 2.0, "16": 17.0, "64": 65.0}
    assert document["open_loop_p99_ms"] == 65.0
    assert document["redaction_share"] == 0.75
    assert document["steps"] == {
        "redact": {"us": 1500.0, "share_of_server_cpu": 0.75},
        "hash": {"us": 100.0, "share_of_server_cpu": 0.2},
    }
    assert {"machine", "commit", "ready_s", "pss_mib"} <= document.keys()


def test_the_servers_cpu_does_not_count_redis(document: dict[str, object]) -> None:
    arms = {(arm["arm"], arm["connections"]): arm for arm in document["arms"]}  # type: ignore[attr-defined]

    assert arms["traceflow", 16]["server_cpu_us"] == 500.0


def test_the_promises_are_judged_by_the_document(document: dict[str, object]) -> None:
    broken = {**document, "p99_ms": {"16": 26.0}}

    assert all(bound.is_kept for bound in bounds_of(document))
    assert [bound.name for bound in bounds_of(broken) if not bound.is_kept] == ["p99 at 16 connections, ms"]


def test_the_table_has_a_row_for_every_arm(document: dict[str, object]) -> None:
    output = StringIO()

    print_table(document, Console(file=output, width=200))

    assert all(arm.name in output.getvalue() for arm in ARMS)
