"""The floor for any server in Python: the same ASGI app on one uvicorn process, nothing before it.

Run as ``python -m benchmarks.servers.bare SETTINGS_FILE``.
"""

import asyncio

import uvicorn
import uvloop

from benchmarks.servers.redactor_by_window import RedactorByWindow
from benchmarks.servers.serve_stack import read_stack_settings
from traceflow.cluster.process_start import prepare_process
from traceflow.cluster.replicas import ingest_dependencies
from traceflow.cluster.settings import StackSettings
from traceflow.serve.ingest.app import IngestApp
from traceflow.serve.ingest.tuning import tune_process


async def serve_bare(settings: StackSettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    prepare_process()
    app = IngestApp(ingest_dependencies(settings, RedactorByWindow()))
    tune_process()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=settings.http_port,
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_level="warning",
        )
    )
    await server.serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_bare(read_stack_settings()))
