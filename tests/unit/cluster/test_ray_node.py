import subprocess
from pathlib import Path

from traceflow.cluster.ray_node import RayNode, write_haproxy_launcher

CONFIGURATION = """
frontend prometheus
    bind :9101
listen stats
  bind *:8404
frontend http
    bind 127.0.0.1:8700
"""


def node(place: Path) -> RayNode:
    return RayNode(
        temp_dir=place / "r",
        token_file=place / "token",
        haproxy_launcher=place / "haproxy",
        http_port=8700,
        first_port=20_000,
    )


def test_haproxy_is_put_on_loopback_before_it_starts(tmp_path: Path) -> None:
    binary = tmp_path / "it's here" / "haproxy"
    binary.parent.mkdir()
    binary.write_text('#!/bin/sh\necho "started $*"\n')
    binary.chmod(0o700)
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(CONFIGURATION)
    launcher = tmp_path / "bin" / "launcher"
    write_haproxy_launcher(launcher, binary=str(binary))

    done = subprocess.run([launcher, "-f", configuration], capture_output=True, text=True, check=True)

    assert done.stdout == f"started -f {configuration}\n"
    binds = [line.strip() for line in configuration.read_text().splitlines() if "bind" in line]
    assert binds == ["bind 127.0.0.1:9101", "bind 127.0.0.1:8404", "bind 127.0.0.1:8700"]


def test_no_two_of_its_ports_are_the_same_and_all_lie_in_its_range(tmp_path: Path) -> None:
    ports = {
        name: int(value) for name, value in node(tmp_path).environment().items() if name.endswith("_PORT")
    }

    assert len(ports) == len(set(ports.values())) == 8
    assert all(20_000 <= port < 20_064 for port in ports.values())
