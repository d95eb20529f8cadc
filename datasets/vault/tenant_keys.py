"""The tenants' keys: random, kept in PostgreSQL, wrapped by the root key (AES-256-GCM)."""

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.tables import TENANT_KEYS
from traceflow.datasets.vault.derivation import KEY_BYTES, derive
from traceflow.models.errors import Misconfigured

_NONCE_BYTES = 12
# The only one until keys can be rotated.
_EPOCH = 1


class StoredTenantKeys:
    """The port ``TenantKeys``: a tenant's key is made on first use, and unwrapped once per process."""

    def __init__(
        self,
        database: Database,
        *,
        root_key: bytes,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._wrapping = AESGCM(root_key)
        self._random_bytes = random_bytes
        self._tenant_keys: dict[str, bytes] = {}
        self._derived: dict[tuple[str, str], bytes] = {}

    async def derived_key(self, tenant_id: str, *, label: str) -> bytes:
        """Return 32 bytes, always the same for this tenant and label.

        Raises StoreUnavailable, or Misconfigured where the root key is not the one that wrapped.
        """
        derived = self._derived.get((tenant_id, label))
        if derived is None:
            derived = derive(await self._tenant_key(tenant_id), label=label)
            self._derived[(tenant_id, label)] = derived
        return derived

    async def _tenant_key(self, tenant_id: str) -> bytes:
        if tenant_id not in self._tenant_keys:
            wrapped = await self._stored(tenant_id)
            self._tenant_keys[tenant_id] = self._unwrap(tenant_id, wrapped)
        return self._tenant_keys[tenant_id]

    async def _stored(self, tenant_id: str) -> bytes:
        query = select(TENANT_KEYS.c.wrapped_key).where(
            TENANT_KEYS.c.tenant_id == tenant_id, TENANT_KEYS.c.key_epoch == _EPOCH
        )
        async with self._database.tenant_transaction(tenant_id) as connection:
            wrapped = (await connection.execute(query)).scalar_one_or_none()
            if wrapped is None:
                # Of two processes that come here together one inserts; both read the same row after.
                row = {"tenant_id": tenant_id, "key_epoch": _EPOCH, "wrapped_key": self._new(tenant_id)}
                await connection.execute(insert(TENANT_KEYS).values(row).on_conflict_do_nothing())
                wrapped = (await connection.execute(query)).scalar_one()
        return bytes(wrapped)

    def _new(self, tenant_id: str) -> bytes:
        nonce = self._random_bytes(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, self._random_bytes(KEY_BYTES), _bound_to(tenant_id))

    def _unwrap(self, tenant_id: str, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.decrypt(
                wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _bound_to(tenant_id)
            )
        except InvalidTag as error:
            raise Misconfigured(
                "The root key does not open this tenant's key: start with the root key file that made it.",
                tenant_id=tenant_id,
            ) from error


def _bound_to(tenant_id: str) -> bytes:
    return b"\x00".join((b"tenant-key", tenant_id.encode(), str(_EPOCH).encode()))
