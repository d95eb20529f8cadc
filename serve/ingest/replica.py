"""Hops 1 to 4 as a deployment: the class that Serve runs around the ASGI app."""

from traceflow.serve.ingest.tuning import tune_process


class IngestReplica:
    """Tunes its process; requests go straight to the ``IngestApp`` that the class is bound to."""

    def __init__(self) -> None:
        tune_process()
