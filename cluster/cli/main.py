"""The command line: ``traceflow``. Exit codes: 0 done, 1 the work failed, 2 wrong use."""

import sys

import typer

from traceflow.cluster.cli.console import complain
from traceflow.cluster.cli.demo import demo
from traceflow.cluster.cli.doctor import doctor
from traceflow.cluster.cli.ingest import ingest
from traceflow.cluster.cli.keys import build_app as build_keys_app
from traceflow.cluster.cli.services import services
from traceflow.cluster.cli.sign_in import sign_in
from traceflow.cluster.cli.status import status
from traceflow.cluster.cli.up import down, up
from traceflow.models.errors import TraceFlowError


def build_app() -> typer.Typer:
    """Return the application with all its commands."""
    app = typer.Typer(
        name="traceflow",
        help="TraceFlow: session replay, frustration signals, and insights that cite what was recorded.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)
    app.command("doctor")(doctor)
    app.command("ingest")(ingest)
    app.command("demo")(demo)
    app.command("services")(services)
    app.command("sign-in")(sign_in)
    app.add_typer(build_keys_app(), name="keys")
    return app


def main() -> None:
    """Run the command; an error of ours is one line on stderr and exit code 1."""
    try:
        build_app()()
    except TraceFlowError as error:
        complain(error.message)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
