"""API keys at rest: a digest of each secret, and whom the key speaks for."""

import hmac
import re
import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from traceflow.datasets.store.database import Database, bind_tenant, tenant_ids
from traceflow.datasets.store.rows import AnyRow
from traceflow.datasets.store.tables import API_KEYS, PROJECTS, TENANTS
from traceflow.models.access.api_key import IssuedApiKey, new_api_key
from traceflow.models.access.key_record import ApiKeyRecord
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.errors import NotFound, RequestInvalid, Unauthenticated

# As window and session ids are spelt; a slash would break the stream's tenant/project, a blank a shell.
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BIND_KEY = text("SELECT set_config('app.key_id', :key_id, true)")


class KeyStore:
    """The port ``KeyDirectory``, and what makes, lists and revokes keys."""

    def __init__(self, database: Database, *, choose: Callable[[str], str] = secrets.choice) -> None:
        self._database = database
        self._choose = choose

    async def find_principal(self, *, key_id: str, secret_sha256: bytes) -> Principal:
        """Return the owner of a key that is known and not revoked; else raise Unauthenticated."""
        async with self._database.service_transaction() as connection:
            row = await _find(connection, key_id)
        # Compared in constant time, and all three failures told alike.
        if (
            row is None
            or not hmac.compare_digest(row.secret_sha256, secret_sha256)
            or row.revoked_at is not None
        ):
            raise Unauthenticated("This API key is unknown or revoked.")
        return Principal(
            key_id=row.key_id, tenant_id=row.tenant_id, project_id=row.project_id, scope=Scope(row.scope)
        )

    async def create_key(
        self, *, tenant_id: str, project_id: str, scope: Scope, now: datetime
    ) -> IssuedApiKey:
        """Make a key, and its tenant and project where they are missing; its text is returned only here.

        Raises RequestInvalid for a name that is not 1 to 64 of ``A-Z a-z 0-9 . _ -``.
        """
        for path, name in (("tenant", tenant_id), ("project", project_id)):
            if not _NAME.fullmatch(name):
                raise RequestInvalid(f"The {path} must be 1 to 64 of A-Z a-z 0-9 . _ -", path=path)
        issued = new_api_key(scope, choose=self._choose)
        owner = {"tenant_id": tenant_id, "project_id": project_id}
        async with self._database.tenant_transaction(tenant_id) as connection:
            await connection.execute(insert(TENANTS).values(tenant_id=tenant_id).on_conflict_do_nothing())
            await connection.execute(insert(PROJECTS).values(owner).on_conflict_do_nothing())
            key = {"key_id": issued.key_id, "scope": scope.value, "secret_sha256": issued.secret_sha256}
            await connection.execute(insert(API_KEYS).values(owner | key | {"created_at": now}))
        return issued

    async def list_keys(self) -> tuple[ApiKeyRecord, ...]:
        """List the keys of all tenants, revoked ones too, in the order in which they were made."""
        found: list[ApiKeyRecord] = []
        async with self._database.service_transaction() as connection:
            for tenant_id in await tenant_ids(connection):
                await bind_tenant(connection, tenant_id)
                statement = select(API_KEYS).where(API_KEYS.c.tenant_id == tenant_id)
                found += [_record(row) for row in await connection.execute(statement)]
        return tuple(sorted(found, key=lambda one: (one.created_at, one.key_id)))

    async def project_keys(self, *, tenant_id: str, project_id: str) -> tuple[ApiKeyRecord, ...]:
        """List a project's keys, revoked ones too, in the order in which they were made."""
        statement = (
            select(API_KEYS)
            .where(API_KEYS.c.tenant_id == tenant_id, API_KEYS.c.project_id == project_id)
            .order_by(API_KEYS.c.created_at, API_KEYS.c.key_id)
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            return tuple(_record(row) for row in await connection.execute(statement))

    async def revoke_project_key(
        self, key_id: str, *, tenant_id: str, project_id: str, now: datetime
    ) -> None:
        """Revoke a project's key; one that is revoked keeps its first time. Raises NotFound."""
        statement = (
            API_KEYS.update()
            .where(
                API_KEYS.c.tenant_id == tenant_id,
                API_KEYS.c.project_id == project_id,
                API_KEYS.c.key_id == key_id,
            )
            .values(revoked_at=func.coalesce(API_KEYS.c.revoked_at, now))
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise NotFound("There is no key of this id.")

    async def revoke_key(self, key_id: str, *, now: datetime) -> ApiKeyRecord:
        """Revoke a key, and return it; one that is revoked keeps its first time. Raises NotFound."""
        async with self._database.service_transaction() as connection:
            row = await _find(connection, key_id)
            if row is None:
                raise NotFound("There is no key of this id.")
            await bind_tenant(connection, row.tenant_id)
            await connection.execute(
                API_KEYS.update()
                .where(API_KEYS.c.key_id == key_id, API_KEYS.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            revoked = await _find(connection, key_id)
        return _record(revoked or row)


async def _find(connection: AsyncConnection, key_id: str) -> AnyRow | None:
    await connection.execute(_BIND_KEY, {"key_id": key_id})
    statement = select(API_KEYS).where(API_KEYS.c.key_id == key_id)
    return (await connection.execute(statement)).one_or_none()


def _record(row: AnyRow) -> ApiKeyRecord:
    return ApiKeyRecord(
        key_id=row.key_id,
        tenant_id=row.tenant_id,
        project_id=row.project_id,
        scope=Scope(row.scope),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
