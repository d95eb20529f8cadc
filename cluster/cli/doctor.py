"""``traceflow doctor``: check everything and name the fix."""

import asyncio

import typer
from rich.table import Table

from traceflow.cluster.cli.console import DataDirOption, open_data_dir, results
from traceflow.cluster.cli.status import read_status
from traceflow.cluster.cli.up import read_settings
from traceflow.cluster.embedded.checks import Check, CheckInput, run_checks
from traceflow.cluster.embedded.leftovers import find_leftovers
from traceflow.cluster.embedded.listeners import exposed_listeners
from traceflow.cluster.embedded.stack_state import supervisor_of
from traceflow.cluster.settings import Settings


def doctor(data_dir: DataDirOption = None) -> None:
    """Check every component and the machine; exit 1 where anything is missing, with the fix."""
    # Every adapter's library: more than all other commands import together.
    from traceflow.cluster.checks import check_external, check_running, check_secrets  # noqa: PLC0415

    place = open_data_dir(data_dir)
    settings = read_settings()
    checks = run_checks(CheckInput(data_dir=place, external=_external(settings)))
    checks += asyncio.run(check_external(settings))
    checks += check_secrets(place)
    if supervisor_of(place) is not None:
        checks += check_running((line.name, line.state) for line in read_status(place).components)
    console = results()
    console.print(_table(checks))
    console.print("redaction: the Python reference (models/redaction) is active")
    exposed = exposed_listeners(process.pid for process in find_leftovers(place))
    if exposed:
        console.print(
            "Listeners that are not on loopback (Ray opens its own everywhere; its token guards them):"
        )
    for listener in exposed:
        console.print(f"  {listener.host}:{listener.port}  {listener.process} (pid {listener.pid})")
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)


def _external(settings: Settings) -> list[str]:
    sections = {"postgres": settings.store, "redis": settings.stream, "temporal": settings.workflow}
    return [name for name, section in sections.items() if section is not None]


def _table(checks: list[Check]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    for check in checks:
        table.add_row("[green]ok[/]" if check.is_ok else "[red]missing[/]", check.name, check.detail)
        if not check.is_ok:
            table.add_row("", "", f"fix: {check.fix}")
    return table
