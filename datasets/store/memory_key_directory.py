"""The memory twin of ``KeyDirectory``: keys that live as long as the object does."""

import hmac

from traceflow.models.access.scope import Principal
from traceflow.models.errors import Unauthenticated


class MemoryKeyDirectory:
    """Principals by key id, each with the digest of its secret."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[bytes, Principal]] = {}

    def add(self, principal: Principal, *, secret_sha256: bytes) -> None:
        """Let this key in from now on."""
        self._keys[principal.key_id] = (secret_sha256, principal)

    def revoke(self, key_id: str) -> None:
        """Let this key in no longer; an unknown one is no error."""
        self._keys.pop(key_id, None)

    async def find_principal(self, *, key_id: str, secret_sha256: bytes) -> Principal:
        known = self._keys.get(key_id)
        if known is None or not hmac.compare_digest(known[0], secret_sha256):
            raise Unauthenticated("This API key is unknown or revoked.")
        return known[1]
