"""The programs that embedded services run, found or built before anything is started."""

from traceflow.cluster.binaries.search import find_redis
from traceflow.cluster.binaries.services import provide_temporal
from traceflow.cluster.settings import Settings


def ensure_programs(settings: Settings) -> None:
    """Find or build what the embedded services run, with progress shown, before anything is started.

    Blocks for minutes where Temporal is built for the first time. Raises Misconfigured with the fix.
    """
    if settings.stream is None:
        find_redis()
    if settings.workflow is None:
        provide_temporal()
