"""``traceflow services``: find or build the programs that no wheel brings."""

from typing import Annotated

import typer

from traceflow.cluster.binaries.services import main as provide

NamesArgument = Annotated[
    list[str] | None, typer.Argument(help="temporal, minio (tests only); both by default.")
]


def services(names: NamesArgument = None) -> None:
    """Find or build Temporal and MinIO, once per user."""
    raise typer.Exit(provide(names or ["temporal", "minio"]))
