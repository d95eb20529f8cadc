"""Users, their one-time sign-in tokens and their web sessions, at rest."""

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Table, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from traceflow.datasets.store.database import Database, bind_tenant
from traceflow.datasets.store.rows import AnyRow
from traceflow.datasets.store.tables import PROJECTS, SIGN_IN_TOKENS, TENANTS, USERS, WEB_SESSIONS
from traceflow.models.access.web_session import (
    SIGN_IN_TOKEN_LIFETIME,
    WEB_SESSION_LIFETIME,
    SignedIn,
    WebSecret,
    new_web_secret,
)
from traceflow.models.errors import NotFound, SignInExpired, Unauthenticated

_BIND_SECRET = text("SELECT set_config('app.web_secret', :digest, true)")
_USER_ID_BYTES = 8


class UserStore:
    """The port ``SignIns``, and what makes users and gives out sign-in tokens."""

    def __init__(self, database: Database, *, choose: Callable[[str], str] = secrets.choice) -> None:
        self._database = database
        self._choose = choose

    async def ensure_user(self, *, tenant_id: str, name: str, now: datetime) -> None:
        """Make a user, and its tenant where that is missing; one of this name is left as it is."""
        user_id = f"user-{secrets.token_hex(_USER_ID_BYTES)}"
        row = {"tenant_id": tenant_id, "user_id": user_id, "name": name, "created_at": now}
        async with self._database.tenant_transaction(tenant_id) as connection:
            await connection.execute(insert(TENANTS).values(tenant_id=tenant_id).on_conflict_do_nothing())
            await connection.execute(insert(USERS).values(row).on_conflict_do_nothing())

    async def new_sign_in_token(self, *, tenant_id: str, name: str, now: datetime) -> WebSecret:
        """Give out a token that signs the user in, once and soon; its text is returned only here.

        Raises NotFound where there is no such user.
        """
        token = new_web_secret(choose=self._choose)
        user = select(USERS.c.user_id).where(USERS.c.tenant_id == tenant_id, USERS.c.name == name)
        async with self._database.tenant_transaction(tenant_id) as connection:
            user_id = (await connection.execute(user)).scalar_one_or_none()
            if user_id is None:
                raise NotFound(f"There is no user {name} in the tenant {tenant_id}.")
            await _forget_expired(connection, tenant_id=tenant_id, now=now)
            await connection.execute(
                insert(SIGN_IN_TOKENS).values(
                    token_sha256=token.sha256,
                    tenant_id=tenant_id,
                    user_id=user_id,
                    expires_at=now + SIGN_IN_TOKEN_LIFETIME,
                )
            )
        return token

    async def begin_session(self, *, token_sha256: bytes, session_sha256: bytes, now: datetime) -> SignedIn:
        """Spend a token; of two that spend it at once, one gets the session."""
        async with self._database.service_transaction() as connection:
            token = await _find(connection, SIGN_IN_TOKENS, token_sha256)
            if token is None or token.expires_at <= now:
                raise _expired()
            await bind_tenant(connection, token.tenant_id)
            spent = delete(SIGN_IN_TOKENS).where(SIGN_IN_TOKENS.c.token_sha256 == token_sha256)
            if (await connection.execute(spent)).rowcount == 0:
                raise _expired()
            await connection.execute(
                insert(WEB_SESSIONS).values(
                    session_sha256=session_sha256,
                    tenant_id=token.tenant_id,
                    user_id=token.user_id,
                    expires_at=now + WEB_SESSION_LIFETIME,
                )
            )
            await _forget_expired(connection, tenant_id=token.tenant_id, now=now)
            return await _signed_in(connection, tenant_id=token.tenant_id, user_id=token.user_id)

    async def find_session(self, *, session_sha256: bytes, now: datetime) -> SignedIn:
        async with self._database.service_transaction() as connection:
            row = await _find(connection, WEB_SESSIONS, session_sha256)
            if row is None or row.expires_at <= now:
                raise Unauthenticated("Nobody is signed in here.")
            await bind_tenant(connection, row.tenant_id)
            return await _signed_in(connection, tenant_id=row.tenant_id, user_id=row.user_id)

    async def end_session(self, *, session_sha256: bytes, tenant_id: str) -> None:
        async with self._database.tenant_transaction(tenant_id) as connection:
            await connection.execute(
                delete(WEB_SESSIONS).where(WEB_SESSIONS.c.session_sha256 == session_sha256)
            )


async def _find(connection: AsyncConnection, table: Table, digest: bytes) -> AnyRow | None:
    """Return the row of a secret, by what the policy ``secret_lookup`` lets be seen."""
    await connection.execute(_BIND_SECRET, {"digest": digest.hex()})
    (key,) = table.primary_key.columns
    return (await connection.execute(select(table).where(key == digest))).one_or_none()


async def _signed_in(connection: AsyncConnection, *, tenant_id: str, user_id: str) -> SignedIn:
    users = select(USERS.c.name).where(USERS.c.tenant_id == tenant_id, USERS.c.user_id == user_id)
    projects = (
        select(PROJECTS.c.project_id).where(PROJECTS.c.tenant_id == tenant_id).order_by(PROJECTS.c.project_id)
    )
    return SignedIn(
        user_id=user_id,
        name=(await connection.execute(users)).scalar_one(),
        tenant_id=tenant_id,
        projects=tuple((await connection.execute(projects)).scalars()),
    )


async def _forget_expired(connection: AsyncConnection, *, tenant_id: str, now: datetime) -> None:
    """Whoever makes a row takes the dead ones of its tenant away: they can only grow by being made."""
    for table in (SIGN_IN_TOKENS, WEB_SESSIONS):
        await connection.execute(
            delete(table).where(table.c.tenant_id == tenant_id, table.c.expires_at <= now)
        )


def _expired() -> SignInExpired:
    return SignInExpired(
        "This sign-in link was used before or is too old: make another with `traceflow sign-in`."
    )
