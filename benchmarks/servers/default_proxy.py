"""The same deployment, and a FastAPI twin of it, behind the proxy that Serve uses unless told otherwise.

Run as ``python -m benchmarks.servers.default_proxy SETTINGS_FILE``.
"""

import asyncio
import os
import sys

from ray import serve

from benchmarks.servers.fastapi_ingest import FastApiIngest
from benchmarks.servers.redactor_by_window import RedactorByWindow
from benchmarks.servers.serve_stack import QUIET, read_stack_settings, serve_until_stopped, stack_targets
from traceflow.cluster.settings import StackSettings

# What turns HAProxy, its mode and the straight way on; all else stays as the stack sets it, niceness too.
_NOT_DEFAULT = (
    "RAY_SERVE_ENABLE_HA_PROXY",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED",
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH",
)


def default_proxy_targets(settings: StackSettings) -> list[serve.RunTarget]:
    """Return the stack's applications and the FastAPI twin."""
    twin = serve.deployment(
        name="fastapi",
        num_replicas=1,
        max_ongoing_requests=512,
        ray_actor_options={"num_cpus": 0},
        logging_config=QUIET,
    )(serve.ingress()(FastApiIngest)).bind(settings, RedactorByWindow())
    return [*stack_targets(settings), serve.RunTarget(twin, name="fastapi", route_prefix="/fastapi")]


def main() -> None:
    """Serve; where the environment asks for HAProxy, start again without: Serve read it when imported."""
    environment = dict(os.environ)  # noqa: TID251 - handed on; Ray's variables are its only interface
    if any(name in environment for name in _NOT_DEFAULT):
        for name in _NOT_DEFAULT:
            environment.pop(name, None)
        os.execve(
            sys.executable,
            [sys.executable, "-m", "benchmarks.servers.default_proxy", sys.argv[1]],
            environment,
        )
    asyncio.run(serve_until_stopped(read_stack_settings(), default_proxy_targets))


if __name__ == "__main__":
    main()
