import socket
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from traceflow.cluster.embedded.ports import PortBook, is_free
from traceflow.models.errors import Misconfigured

pytestmark = pytest.mark.integration


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_ports_are_distinct_and_outside_those_that_the_kernel_and_ray_hand_out(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json", rng=Random(1))

    ports = [book.claim(f"p{number}") for number in range(50)]

    assert len(set(ports)) == 50
    assert all(20_000 <= port < 30_000 for port in ports)


def test_a_port_stays_the_same_after_a_restart(tmp_path: Path) -> None:
    first = PortBook(tmp_path / "ports.json", rng=Random(1)).claim("redis")

    assert PortBook(tmp_path / "ports.json", rng=Random(2)).claim("redis") == first


def test_a_remembered_port_that_somebody_else_took_is_given_up(tmp_path: Path, listener: int) -> None:
    (tmp_path / "ports.json").write_text(f'{{"redis": {listener}}}')

    assert PortBook(tmp_path / "ports.json", rng=Random(1)).claim("redis") != listener


def test_a_wanted_port_that_is_taken_is_named(tmp_path: Path, listener: int) -> None:
    with pytest.raises(Misconfigured, match=f"Port {listener} for http is taken"):
        PortBook(tmp_path / "ports.json", rng=Random(1)).claim("http", wanted=listener)


@pytest.mark.parametrize("content", ["", "{", '{"redis": "x"}'])
def test_a_broken_port_file_is_no_obstacle(tmp_path: Path, content: str) -> None:
    (tmp_path / "ports.json").write_text(content)

    assert PortBook(tmp_path / "ports.json", rng=Random(1)).claim("redis") >= 20_000


def test_a_port_that_is_held_on_every_interface_is_not_free_on_loopback() -> None:
    with socket.create_server(("", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_range_holds_no_port_that_was_claimed(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json", rng=Random(1))
    claimed = {book.claim(f"p{number}") for number in range(200)}

    ranges = [range(first, first + 64) for first in (book.claim_range(64) for _ in range(5))]

    assert not [port for ports in ranges for port in ports if port in claimed]


def test_the_preferred_port_is_taken_at_the_first_start_if_it_is_free(tmp_path: Path) -> None:
    preferred = PortBook(tmp_path / "other.json", rng=Random(3)).claim("any")

    assert PortBook(tmp_path / "ports.json", rng=Random(1)).claim("http", preferred=preferred) == preferred


def test_a_port_that_clients_know_goes_before_the_preferred_one(tmp_path: Path) -> None:
    first = PortBook(tmp_path / "ports.json", rng=Random(1)).claim("http")
    preferred = PortBook(tmp_path / "other.json", rng=Random(3)).claim("any")

    again = PortBook(tmp_path / "ports.json", rng=Random(2)).claim("http", preferred=preferred)

    assert again == first != preferred


def test_a_preferred_port_that_is_taken_is_replaced(tmp_path: Path, listener: int) -> None:
    port = PortBook(tmp_path / "ports.json", rng=Random(1)).claim("http", preferred=listener)

    assert port != listener


def test_two_stacks_that_start_at_once_never_share_a_port(tmp_path: Path) -> None:
    claim = (
        "import sys; from pathlib import Path; from random import Random\n"
        "from traceflow.cluster.embedded.ports import PortBook\n"
        "print(PortBook(Path(sys.argv[1]), rng=Random(7)).claim('http'), flush=True)\n"
        "sys.stdin.read()\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", claim, str(tmp_path / f"{name}.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    try:
        # The same seed: without the lock both would choose the same free port.
        ports = [process.stdout.readline() for process in processes if process.stdout is not None]
    finally:
        for process in processes:
            process.communicate("")

    assert len(set(ports)) == 2
