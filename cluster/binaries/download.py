"""Temporal's own download of its CLI, as its Python SDK does it, for machines without Go."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from traceflow.cluster.binaries.build import build_lock
from traceflow.cluster.binaries.recipe import TEMPORAL
from traceflow.models.errors import Misconfigured

# About 120 MB, and the SDK itself waits without end.
_TIMEOUT_S = 300.0


def download_temporal(*, cache: Path) -> Path:
    """Download the CLI into the cache and return it.

    The SDK downloads only as a part of starting a server, so one is started and stopped. Blocks for
    minutes; raises Misconfigured where there is no way to the download.
    """
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / TEMPORAL.name
    with build_lock(cache, TEMPORAL.name), tempfile.TemporaryDirectory(dir=cache) as folder:
        if os.access(program, os.X_OK):
            return program
        try:
            asyncio.run(_start_and_stop(Path(folder)))
        except (RuntimeError, TimeoutError, OSError) as error:
            raise Misconfigured(
                f"Temporal's CLI cannot be downloaded ({error}): install Go 1.25 or later and run "
                "`make services`, or put `temporal` on PATH.",
                program=TEMPORAL.name,
            ) from error
        # The SDK names it for its own version; it is the only file there.
        downloaded = max(Path(folder).glob("temporal*"), key=lambda path: path.stat().st_size, default=None)
        if downloaded is None:
            raise Misconfigured("Temporal's SDK downloaded no CLI: put `temporal` on PATH.")
        downloaded.chmod(0o755)
        shutil.move(downloaded, program)
    return program


async def _start_and_stop(folder: Path) -> None:
    # Two thirds of a second that every command would pay for what runs once per machine.
    from temporalio.testing import WorkflowEnvironment  # noqa: PLC0415

    async with asyncio.timeout(_TIMEOUT_S):
        environment = await WorkflowEnvironment.start_local(download_dest_dir=str(folder))
        await environment.shutdown()
