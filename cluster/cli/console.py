"""How the command line speaks: results on stdout, progress and complaints on stderr."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from traceflow.cluster.embedded.data_dir import DataDir, data_dir_at

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Where the stack's data lies (default ~/.traceflow; root /var/lib/traceflow)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def results() -> Console:
    """Return the console of results."""
    return Console(highlight=False)


def progress() -> Console:
    """Return the console of everything that is not the result."""
    return Console(stderr=True, highlight=False)


def program() -> str:
    """Return how this command line is called again: by its name, or by its path where that is not on PATH."""
    return "traceflow" if shutil.which("traceflow") else str(Path(sys.executable).with_name("traceflow"))


def complain(message: str) -> None:
    """Say on one line what went wrong."""
    Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {_escaped(message)}", soft_wrap=True)


def open_data_dir(path: Path | None) -> DataDir:
    """Return the data directory that was asked for, or the default one."""
    return data_dir_at(path)


def _escaped(message: str) -> str:
    return message.replace("[", "\\[")
