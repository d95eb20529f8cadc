"""``traceflow up`` and ``down``: start the stack and stop it."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Annotated

import psutil
import typer
from pydantic import ValidationError

from traceflow.cluster.cli.console import (
    DataDirOption,
    JsonOption,
    complain,
    open_data_dir,
    program,
    progress,
    results,
)
from traceflow.cluster.cli.keys import forget_revoked
from traceflow.cluster.cli.sign_in import make_sign_in_url
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.leftovers import clear_leftovers
from traceflow.cluster.embedded.process import inherited_environment, rotate_log, tail_of
from traceflow.cluster.embedded.stack_state import read_state, supervisor_of
from traceflow.cluster.embedded.supervisor import Supervisor
from traceflow.cluster.programs import ensure_programs
from traceflow.cluster.settings import Settings, unknown_variables
from traceflow.cluster.stack_keys import read_keys
from traceflow.models.errors import Misconfigured, Unavailable

_READY_TIMEOUT_S = 300.0
_STOP_TIMEOUT_S = 90.0
_POLL_S = 0.1

PortOption = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="The HTTP port (default 8700 if it is free).")
]
DetachOption = Annotated[bool, typer.Option("--detach", help="Return when the stack is ready.")]


def up(
    data_dir: DataDirOption = None,
    port: PortOption = None,
    detach: DetachOption = False,
    as_json: JsonOption = False,
) -> None:
    """Start the stack; on a running data directory, say where it is."""
    place = open_data_dir(data_dir)
    say = _say_json if as_json else _say_in_words
    if supervisor_of(place) is not None:
        await_ready(place, None)
        progress().print("it runs already: nothing was started")
        say(place)
        return
    if detach:
        start_detached(place, port=port)
        say(place)
        return
    progress().print(f"starting the stack in the foreground; Ctrl-C stops it (logs: {place.logs})")
    run_in_foreground(place, port=port, on_ready=lambda: say(place))


def down(data_dir: DataDirOption = None) -> None:
    """Stop the stack; nothing that was accepted is lost."""
    place = open_data_dir(data_dir)
    supervisor = supervisor_of(place)
    with progress().status("stopping the stack"):
        if supervisor is not None:
            supervisor.terminate()
            _, alive = psutil.wait_procs([supervisor], timeout=_STOP_TIMEOUT_S)
            for process in alive:
                process.kill()
        if place.run.is_dir():
            clear_leftovers(place)
            place.unlink_runtime_dir()
    progress().print("stopped" if supervisor is not None else "no stack was running")


def start_detached(place: DataDir, *, port: int | None) -> None:
    """Start a supervisor of its own and return when the stack is ready.

    Raises Misconfigured or Unavailable with what the supervisor said where it ended first.
    """
    ensure_programs(read_settings())
    place.prepare()
    log = place.logs / "supervisor.log"
    rotate_log(log)
    arguments = ["--data-dir", str(place.path), *(["--port", str(port)] if port is not None else [])]
    complaint = place.run / "complaint"
    complaint.unlink(missing_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "traceflow.cluster.supervise", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
            cwd="/",
            env=inherited_environment(),
        )
    await_ready(place, child)


def await_ready(place: DataDir, child: "subprocess.Popen[bytes] | None") -> None:
    """Return when the stack is ready: the child's, or, where that is None, the one that is starting already.

    Raises Misconfigured with the child's complaint where it ended first, Unavailable where it takes too long.
    """
    deadline = time.monotonic() + _READY_TIMEOUT_S
    with progress().status("starting the stack") as status:
        while time.monotonic() < deadline:
            # A supervisor that was killed leaves its last word, which may be that all is ready.
            is_supervised = supervisor_of(place) is not None
            state = read_state(place) if is_supervised else None
            if state is not None and state.is_ready:
                return
            if state is not None:
                waiting = [each.name for each in state.components if each.state != "running"]
                status.update(f"starting the stack: {', '.join(waiting)}")
            if child is not None and child.poll() is not None:
                raise Misconfigured(_complaint(place))
            if child is None and not is_supervised:
                raise Unavailable(f"the stack in {place.path} has just stopped: start it again")
            time.sleep(_POLL_S)
    raise Unavailable(f"the stack is not ready after {_READY_TIMEOUT_S:.0f} s; see {place.logs}")


def run_in_foreground(place: DataDir, *, port: int | None, on_ready: Callable[[], None]) -> None:
    """Supervise until SIGINT or SIGTERM."""
    # Half a second of imports that no other command needs.
    from traceflow.cluster.launch import plan_launch  # noqa: PLC0415

    settings = read_settings()
    ensure_programs(settings)
    place.prepare()
    supervisor = Supervisor(
        data_dir=place,
        make_plan=lambda: plan_launch(settings, place, port=port),
        rng=Random(),  # noqa: S311 - jitter
    )
    asyncio.run(supervisor.run(on_ready=on_ready))


def read_settings() -> Settings:
    """Read the environment; raises Misconfigured that names the variable."""
    unknown = unknown_variables(os.environ)  # noqa: TID251 - names only; Settings reads the values
    if unknown:
        raise Misconfigured(f"{', '.join(unknown)}: no such setting; see docs/operations/settings.md")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "__".join(("TRACEFLOW", *(str(part).upper() for part in first["loc"]))).replace("__", "_", 1)
        raise Misconfigured(f"{name}: {first['msg']}") from error


def _complaint(place: DataDir) -> str:
    complaint = place.run / "complaint"
    if complaint.exists():
        return complaint.read_text()
    return f"the supervisor ended: {tail_of(place.logs / 'supervisor.log')}"


def _say_json(place: DataDir) -> None:
    state = read_state(place)
    keys = _valid_keys(place)
    document = {
        "url": state.url if state is not None else None,
        "ingest_key": keys.get("ingest_key"),
        "read_key": keys.get("read_key"),
        "admin_key": keys.get("admin_key"),
        "sign_in_url": _sign_in_url(place),
        "data_dir": str(place.path),
    }
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _say_in_words(place: DataDir) -> None:
    state = read_state(place)
    console = results()
    console.print(f"TraceFlow runs at [bold]{state.url if state else '?'}[/]")
    console.print(f"  data        {place.path}", markup=False, soft_wrap=True)
    console.print(f"  keys        {place.keys}", markup=False, soft_wrap=True)
    console.print(f"  dashboard   {_sign_in_url(place) or 'traceflow sign-in'}", markup=False, soft_wrap=True)
    command = f"{program()} demo|status|doctor|sign-in|down --data-dir {place.path}"
    console.print(f"  try         {command}", markup=False, soft_wrap=True)
    key = _valid_keys(place).get("ingest_key")
    if state is not None and key is not None:
        console.print("  your own page, recorded from its next load on:")
        console.print(f"    {script_tag(state.url, key)}", markup=False, soft_wrap=True)


def script_tag(url: str, ingest_key: str) -> str:
    """Return what a page carries to be recorded."""
    return f'<script async src="{url}/ingest/v1/sdk.js" data-key="{ingest_key}"></script>'


def _valid_keys(place: DataDir) -> dict[str, str]:
    with suppress(Unavailable):
        forget_revoked(place)
    return read_keys(place)


def _sign_in_url(place: DataDir) -> str | None:
    """Return a fresh link; None where the store does not answer: the rest is told all the same."""
    try:
        return make_sign_in_url(place)
    except Unavailable as error:
        complain(error.message)
        return None
