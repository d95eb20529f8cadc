"""The store of a stack as the command line reaches it, beside the stack's own processes."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.settings import StackSettings
from traceflow.datasets.store.database import Database
from traceflow.models.errors import Misconfigured

Result = TypeVar("Result")


def ask_store(place: DataDir, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Do the work on the store of the stack that was started here; blocks.

    Raises Misconfigured where none ever was, StoreUnavailable where it does not run.
    """
    settings_file = place.run / "stack.json"
    if not settings_file.exists():
        raise Misconfigured(f"no stack was started in {place.path}: start it with `traceflow up`")
    settings = StackSettings.model_validate_json(settings_file.read_bytes())

    async def run() -> Result:
        database = Database(settings.store)
        try:
            return await work(database)
        finally:
            await database.close()

    # A thread of its own: `up` in the foreground asks from within its loop.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, run()).result()
