"""``traceflow keys``: make, list and revoke API keys."""

import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from traceflow.cluster.cli.console import DataDirOption, JsonOption, open_data_dir, progress, results
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.stack_keys import DEFAULT_PROJECT, DEFAULT_TENANT, forget_key
from traceflow.cluster.stack_store import ask_store
from traceflow.datasets.store.key_store import KeyStore
from traceflow.models.access.scope import Scope

Result = TypeVar("Result")


def build_app() -> typer.Typer:
    """Return the sub-application."""
    app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
    app.command("create")(create)
    app.command("list")(list_keys)
    app.command("revoke")(revoke)
    return app


def create(
    scope: Annotated[Scope, typer.Option("--scope", help="What the key may do.")],
    tenant: Annotated[str, typer.Option("--tenant", help="Made if it is missing.")] = DEFAULT_TENANT,
    project: Annotated[str, typer.Option("--project", help="Made if it is missing.")] = DEFAULT_PROJECT,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, this once."""
    place = open_data_dir(data_dir)
    issued = _with_store(
        place,
        lambda store: store.create_key(
            tenant_id=tenant, project_id=project, scope=scope, now=datetime.now(UTC)
        ),
    )
    if as_json:
        document = {
            "key": issued.text,
            "key_id": issued.key_id,
            "tenant": tenant,
            "project": project,
            "scope": scope.value,
        }
        sys.stdout.write(json.dumps(document) + "\n")
        return
    progress().print(f"{scope.value} key of {tenant}/{project}; it is not shown again:")
    sys.stdout.write(issued.text + "\n")


def list_keys(
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys, without their secrets."""
    records = _with_store(open_data_dir(data_dir), lambda store: store.list_keys())
    if as_json:
        items = [
            {
                "key_id": record.key_id,
                "tenant": record.tenant_id,
                "project": record.project_id,
                "scope": record.scope.value,
                "created_at": record.created_at.isoformat(),
                "revoked_at": None if record.revoked_at is None else record.revoked_at.isoformat(),
            }
            for record in records
        ]
        sys.stdout.write(json.dumps({"items": items}) + "\n")
        return
    table = Table("key id", "tenant", "project", "scope", "created", "revoked", box=None)
    for record in records:
        revoked = "" if record.revoked_at is None else f"{record.revoked_at:%Y-%m-%d %H:%M}"
        created = f"{record.created_at:%Y-%m-%d %H:%M}"
        table.add_row(
            record.key_id, record.tenant_id, record.project_id, record.scope.value, created, revoked
        )
    results().print(table)


def revoke(
    key: Annotated[str, typer.Argument(help="The key, or its id.")], data_dir: DataDirOption = None
) -> None:
    """Revoke a key; requests with it are refused within 5 s."""
    place = open_data_dir(data_dir)
    key_id = key.split("_")[2] if key.startswith("tf_") and key.count("_") == _KEY_PARTS - 1 else key
    _with_store(place, lambda store: store.revoke_key(key_id, now=datetime.now(UTC)))
    forget_key(place, key_id)
    progress().print(f"revoked {key_id}")


def forget_revoked(place: DataDir) -> None:
    """Take those of the first start's keys out of their file that were revoked in the dashboard."""
    records = _with_store(
        place, lambda store: store.project_keys(tenant_id=DEFAULT_TENANT, project_id=DEFAULT_PROJECT)
    )
    for record in records:
        if record.revoked_at is not None:
            forget_key(place, record.key_id)


_KEY_PARTS = 4


def _with_store(place: DataDir, work: Callable[[KeyStore], Awaitable[Result]]) -> Result:
    return ask_store(place, lambda database: work(KeyStore(database)))
