"""The results as a table, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.record_pages.record import PageResult

_SHOWN = 6


def as_document(results: Sequence[PageResult]) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "pages": [{**asdict(result), "is_good": result.is_good} for result in results],
        "is_good": all(result.is_good for result in results),
    }


def print_table(results: Sequence[PageResult], console: Console) -> None:
    """Print a line per page, and beneath in words what is wrong with it."""
    table = Table(title=f"{len(results)} recorded pages")
    table.add_column("page")
    for name in ("sent", "stored", "equal", "nodes", "end state", "console errors", "typed", "found", "s"):
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(
            result.page,
            str(result.sent),
            str(result.stored),
            _verdict(result.failure is None and not result.losses and result.sent == result.stored > 0),
            str(result.nodes),
            _verdict(result.failure is None and not result.differences, f"{len(result.differences)} differ"),
            str(len(result.console_errors)),
            str(result.planted),
            str(len(result.leaks)),
            f"{result.seconds:.0f}",
        )
    console.print(table)
    for result in results:
        _print_faults(result, console)


def _verdict(is_good: bool, otherwise: str = "no") -> str:
    return "[green]yes[/]" if is_good else f"[red]{otherwise}[/]"


def _print_faults(result: PageResult, console: Console) -> None:
    faults = [*([result.failure] if result.failure else []), *result.losses, *result.differences]
    faults += [f"console: {error}" for error in result.console_errors]
    faults += [f"leak: {leak}" for leak in result.leaks]
    for fault in faults[:_SHOWN]:
        console.print(f"  {result.page}: {fault}", markup=False, highlight=False, soft_wrap=True)
    if len(faults) > _SHOWN:
        console.print(f"  {result.page}: and {len(faults) - _SHOWN} more (--json tells all)", markup=False)
