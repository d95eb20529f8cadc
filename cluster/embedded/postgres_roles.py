"""What a new PostgreSQL cluster gets: the database, its owner, and the role that the product logs in as.

The owner makes tables and migrates them; the app's role owns nothing and cannot pass by row-level security.
"""

import psycopg
from psycopg import sql

DATABASE = "traceflow"
OWNER = "traceflow_owner"
APP = "traceflow_app"

_ROLE_LIMITS = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")


async def provision(superuser: str, *, owner_password: str, app_password: str) -> None:
    """Make roles, database and extension where they are missing; idempotent.

    ``superuser`` is a connection string, without a database, of a role that may do all of this.
    """
    async with await psycopg.AsyncConnection.connect(
        superuser, dbname="postgres", autocommit=True
    ) as connection:
        await _make_role(connection, OWNER, owner_password)
        await _make_role(connection, APP, app_password)
        if not await _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            await connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
            )
    async with await psycopg.AsyncConnection.connect(superuser, dbname=DATABASE) as connection:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        await connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE))
        )
        await connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(DATABASE), sql.Identifier(APP)
            )
        )


async def _make_role(connection: psycopg.AsyncConnection, role: str, password: str) -> None:
    if await _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        return
    await connection.execute(
        sql.SQL("CREATE ROLE {} {} PASSWORD {}").format(
            sql.Identifier(role), _ROLE_LIMITS, sql.Literal(password)
        )
    )


async def _exists(connection: psycopg.AsyncConnection, query: str, name: str) -> bool:
    cursor = await connection.execute(sql.SQL(query), (name,))
    return await cursor.fetchone() is not None
