"""The local Ray node of a stack: its environment, its ports, and HAProxy kept on loopback.

Nothing here imports Ray: Ray Serve reads most of these variables when it is imported, so they must
stand in the environment of the process that will import it.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

# What Serve's template hard-codes (haproxy_templates.py of ray 2.60): two binds to every interface; a log
# line by UDP for each request, whose URL holds a beacon's key. And Serve watches every request for its
# client's hanging up, by two more tasks each, unless a header says that nobody minds: ingest does not.
_LAUNCHER = """#!/bin/sh
# Puts Ray Serve's HAProxy on loopback, keeps URLs out of the system's log, and spares ingest a watch.
for argument in "$@"; do
  case "$argument" in
    *.cfg) sed -i -e 's/^\\( *bind \\):\\([0-9]*\\)/\\1127.0.0.1:\\2/' \\
                  -e 's/^\\( *bind \\)\\*:\\([0-9]*\\)/\\1127.0.0.1:\\2/' \\
                  -e '/^ *log /d' -e '/^ *option httplog/d' -e '/x-request-disconnect-disabled/d' \\
                  -e '/^frontend http_frontend/a\\
    http-request set-header x-request-disconnect-disabled ?1 if {{ path_beg /ingest/ }}' "$argument" ;;
  esac
done
exec {binary} "$@"
"""

# Replicas and their gRPC twins take ports from a range; a stack's own range keeps two stacks apart.
PORTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RayNode:
    """Where a stack's Ray lives.

    ``temp_dir`` must be short: the paths of Ray's sockets, below it, may not pass 107 bytes.
    """

    temp_dir: Path
    token_file: Path
    haproxy_launcher: Path
    http_port: int
    first_port: int

    def environment(self) -> dict[str, str]:
        """Return what Ray and Serve read at import; see research in docs/decisions/0004-ray.md."""
        # One letter: HAProxy adds a folder of 56 digits, and its socket's path may not pass 97 bytes.
        haproxy = self.temp_dir.with_name("h")
        return {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(self.token_file),
            "RAY_USAGE_STATS_ENABLED": "0",
            # Ray would start its workers at nice +15: p99 at 64 connections 71 ms instead of 34.
            "RAY_worker_niceness": "0",
            "RAY_SERVE_ENABLE_HA_PROXY": "1",
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "traceflow.cluster.straight_ingest.middlewares",
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "40",
            # Serve's shutdown waits this out for each replica; 30 s at its default.
            "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0.5",
            "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
            "RAY_SERVE_HAPROXY_NBTHREAD": "1",
            "RAY_SERVE_HAPROXY_BINARY_PATH": str(self.haproxy_launcher),
            "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(haproxy / "haproxy.cfg"),
            "RAY_SERVE_HAPROXY_SOCKET_PATH": str(haproxy / "admin.sock"),
            "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(haproxy),
            "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(haproxy / "server-state"),
            "RAY_SERVE_HAPROXY_METRICS_PORT": str(self.first_port),
            "RAY_SERVE_HAPROXY_STATS_PORT": str(self.first_port + 1),
            "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(self.first_port + 2),
            "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": str(self.first_port + 3),
            "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(self.first_port + 4),
            "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(self.first_port + 33),
            "RAY_SERVE_DIRECT_INGRESS_MIN_GRPC_PORT": str(self.first_port + 34),
            "RAY_SERVE_DIRECT_INGRESS_MAX_GRPC_PORT": str(self.first_port + PORTS - 1),
        }


def write_haproxy_launcher(path: Path, *, binary: str) -> None:
    """Write the script that Serve runs in HAProxy's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_LAUNCHER.format(binary=shlex.quote(binary)))
    path.chmod(0o700)
