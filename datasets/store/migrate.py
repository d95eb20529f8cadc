"""Bring the database to the schema of this version; doing it again changes nothing."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from traceflow.datasets.store.database import driver_url
from traceflow.datasets.store.owner_connection import owner_transaction
from traceflow.datasets.store.settings import StoreSettings
from traceflow.models.errors import Misconfigured

_MIGRATIONS = Path(__file__).parent / "migrations"

# What the bound role may do; partitions get nothing, they are reached through their table.
GRANTS = {
    "tenants": "SELECT, INSERT",
    "projects": "SELECT, INSERT",
    "api_keys": "SELECT, INSERT, UPDATE",
    "tenant_keys": "SELECT, INSERT",
    "sessions": "SELECT, INSERT, UPDATE",
    "segments": "SELECT, INSERT",
    "signals": "SELECT, INSERT, DELETE",
    "events": "SELECT, INSERT",
    "insights": "SELECT, INSERT, UPDATE",
    "usage": "SELECT, INSERT",
    "usage_ids": "SELECT, INSERT",
    "ledger": "SELECT, INSERT, UPDATE",
    "ledger_drains": "SELECT, INSERT",
    "stream_offsets": "SELECT, INSERT, UPDATE",
    "users": "SELECT, INSERT",
    "sign_in_tokens": "SELECT, INSERT, DELETE",
    "web_sessions": "SELECT, INSERT, DELETE",
    "saved_views": "SELECT, INSERT, DELETE",
}


def migrate(settings: StoreSettings) -> None:
    """Upgrade to the newest revision and grant the bound role its rights, in one transaction; blocks.

    Raises Misconfigured without ``owner_url`` or where the owner lacks a right, StoreUnavailable.
    """
    role = driver_url(settings.url).username
    if not role:
        raise Misconfigured("store.url must name its role: postgresql://role:password@host/database.")
    with owner_transaction(settings) as connection:
        _upgrade(connection)
        _grant(connection, role=role)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)

    def steps(current: tuple[str, ...] | str, _: object) -> list[RevisionStep]:
        # As alembic's own manual and its upgrade command do; the public way needs an env.py beside it.
        return script._upgrade_revs("head", current)  # type: ignore[arg-type]  # noqa: SLF001

    with EnvironmentContext(config, script, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection)
        environment.run_migrations()


def _grant(connection: Connection, *, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quoted}")
    for table, rights in GRANTS.items():
        connection.exec_driver_sql(f"GRANT {rights} ON {table} TO {quoted}")
