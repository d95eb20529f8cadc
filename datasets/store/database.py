"""Connections to PostgreSQL: every transaction carries its tenant, and row-level security does the rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr
from sqlalchemy import URL, TextClause, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.store.store_errors import store_errors
from traceflow.models.errors import Misconfigured

# true: for this transaction only, so that a pooled connection never keeps a tenant.
_BIND_TENANT = text("SELECT set_config('app.tenant', :tenant_id, true)")
_BIND_TIMEOUT = text("SELECT set_config('statement_timeout', :timeout, true)")
_BIND_BOTH = text(
    "SELECT set_config('app.tenant', :tenant_id, true), set_config('statement_timeout', :timeout, true)"
)

# Whatever the role is, or may become by SET ROLE.
_POWERS = text(
    "SELECT EXISTS (SELECT FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER') AND rolsuper),"
    " EXISTS (SELECT FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER') AND rolbypassrls),"
    " EXISTS (SELECT FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm')"
    " AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_|^information_schema$')"
    " AND pg_has_role(current_user, relowner, 'MEMBER'))"
)
_POWER_NAMES = ("is a superuser", "has BYPASSRLS", "owns tables")


class Database:
    """A pool of connections under the bound role: one per process and event loop."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._timeout_ms = str(int(settings.statement_timeout_s * 1000))
        self._engine = create_async_engine(
            driver_url(settings.url),
            pool_size=settings.pool_size,
            max_overflow=settings.max_overflow,
            pool_timeout=settings.pool_timeout_s,
            pool_pre_ping=True,
            # An error's text must never carry a row.
            hide_parameters=True,
            connect_args=connect_arguments(settings),
        )
        # The same pool.
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")

    @asynccontextmanager
    async def tenant_transaction(self, tenant_id: str) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that sees and writes this tenant's rows only; it commits when left unraised.

        Raises StoreUnavailable where PostgreSQL is down, slow or out of connections, RecordCorrupt for a
        row that does not fit, Misconfigured where privileges or tables are missing.
        """
        async with self._transaction(_BIND_BOTH, {"tenant_id": tenant_id}) as connection:
            yield connection

    @asynccontextmanager
    async def tenant_snapshot(self, tenant_id: str) -> AsyncIterator[AsyncConnection]:
        """Open a transaction as ``tenant_transaction`` does, whose queries all see one moment of the data."""
        parameters = {"tenant_id": tenant_id}
        async with self._transaction(_BIND_BOTH, parameters, engine=self._snapshots) as connection:
            yield connection

    @asynccontextmanager
    async def service_transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction of no tenant: it sees ids of tenants and the operational tables only."""
        async with self._transaction(_BIND_TIMEOUT, {}) as connection:
            yield connection

    async def ping(self) -> None:
        """Return where PostgreSQL answers; raises StoreUnavailable."""
        async with self.service_transaction():
            return

    async def check_role(self) -> None:
        """Refuse a role that row-level security does not bind: raises Misconfigured."""
        async with self.service_transaction() as connection:
            powers = (await connection.execute(_POWERS)).one()
        found = [name for name, has in zip(_POWER_NAMES, powers, strict=True) if has]
        if found:
            raise Misconfigured(
                f"The role of store.url {' and '.join(found)}: row-level security would not bind it. "
                "Use a role without SUPERUSER and BYPASSRLS that owns nothing."
            )

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(
        self, bind: TextClause, parameters: dict[str, str], *, engine: AsyncEngine | None = None
    ) -> AsyncIterator[AsyncConnection]:
        with store_errors():
            async with (
                asyncio.timeout(self._settings.transaction_timeout_s),
                (engine or self._engine).begin() as connection,
            ):
                await connection.execute(bind, {"timeout": self._timeout_ms, **parameters})
                yield connection


async def bind_tenant(connection: AsyncConnection, tenant_id: str) -> None:
    """Let the rest of the transaction, up to the next binding, act for this tenant."""
    await connection.execute(_BIND_TENANT, {"tenant_id": tenant_id})


async def tenant_ids(connection: AsyncConnection) -> list[str]:
    """List every tenant."""
    return list((await connection.execute(text("SELECT tenant_id FROM tenants ORDER BY 1"))).scalars())


def driver_url(url: SecretStr) -> URL:
    """Return the URL with its driver named; raises Misconfigured where it is none of PostgreSQL's."""
    try:
        parsed = make_url(url.get_secret_value())
    except (ArgumentError, ValueError) as error:
        raise Misconfigured("The store's URL cannot be read: postgresql://role:password@host/db.") from error
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise Misconfigured("The store's URL must start with postgresql://.")
    return parsed.set(drivername="postgresql+psycopg")


def connect_arguments(settings: StoreSettings) -> dict[str, int | str]:
    """Return what bounds a connection's waiting, also where the other side falls silent."""
    return {
        "connect_timeout": settings.connect_timeout_s,
        "application_name": "traceflow",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": int(settings.transaction_timeout_s * 1000),
    }
