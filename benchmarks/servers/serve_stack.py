"""The deployment as ``cluster/wiring.py`` makes it, behind HAProxy, without the actors of hops 5 to 10.

Run as ``python -m benchmarks.servers.serve_stack SETTINGS_FILE`` in the place of ``traceflow.cluster.stack``.
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import ray
from ray import serve
from ray.serve.schema import LoggingConfig

from benchmarks.servers.redactor_by_window import RedactorByWindow
from traceflow.cluster.settings import StackSettings
from traceflow.cluster.stack import start_ray
from traceflow.cluster.wiring import http_options, serve_targets

QUIET = LoggingConfig(log_level="WARNING", enable_access_log=False)
Targets = Callable[[StackSettings], list[serve.RunTarget]]


async def serve_until_stopped(settings: StackSettings, targets: Targets) -> None:
    """Serve the applications until SIGINT or SIGTERM."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    start_ray(settings)
    # The default proxy would log every request; the stack's deployments do not, and HAProxy cannot.
    serve.start(http_options=http_options(settings), logging_config=QUIET)
    await asyncio.to_thread(serve.run_many, targets(settings))
    await stopping.wait()
    serve.shutdown()  # type: ignore[no-untyped-call]  # Ray's own
    ray.shutdown()


def read_stack_settings() -> StackSettings:
    """Read the settings file that the command line names."""
    return StackSettings.model_validate_json(Path(sys.argv[1]).read_bytes())


def stack_targets(settings: StackSettings) -> list[serve.RunTarget]:
    """Return the stack's applications, redacting what asks for it."""
    return serve_targets(settings, redactor=RedactorByWindow())


if __name__ == "__main__":
    asyncio.run(serve_until_stopped(read_stack_settings(), stack_targets))
