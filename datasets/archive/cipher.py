"""The archive's envelope encryption: a random key per session, wrapped by a key of its tenant."""

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from traceflow.models.errors import RecordCorrupt
from traceflow.models.ports import TenantKeys
from traceflow.models.session.key import SessionKey

KEY_BYTES = 32
# 96 random bits, as SP 800-38D has it: a key may take 2^32 of them, far above a session's flushes and a
# tenant's sessions between two rotations of its key.
NONCE_BYTES = 12
TAG_BYTES = 16
SEAL_BYTES = NONCE_BYTES + TAG_BYTES


class BlockCipher:
    """AES-256-GCM under one session's data key."""

    def __init__(self, data_key: bytes, *, session: SessionKey, random_bytes: Callable[[int], bytes]) -> None:
        self._aes = AESGCM(data_key)
        self._session = session
        self._random_bytes = random_bytes

    def seal(self, content: bytes, *, object_key: str) -> bytes:
        """Return nonce, ciphertext and tag; they open in this session's place and in no other."""
        nonce = self._random_bytes(NONCE_BYTES)
        return nonce + self._aes.encrypt(nonce, content, self._bound_to(object_key))

    def open(self, block: bytes, *, object_key: str) -> bytes:
        """Return the content; raises RecordCorrupt where a byte or the place is another."""
        return _opened(self._aes, block, self._bound_to(object_key), what="block")

    def _bound_to(self, object_key: str) -> bytes:
        return _bound("block", self._session, object_key)


class SessionCipher:
    """Makes and unwraps the data keys of sessions."""

    def __init__(
        self, tenant_keys: TenantKeys, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._tenant_keys = tenant_keys
        self._random_bytes = random_bytes

    async def new_wrapped_key(self, session: SessionKey) -> bytes:
        """Return a fresh data key, wrapped (60 bytes): for the session's row, useless without its tenant."""
        wrapping = AESGCM(await self._wrapping_key(session))
        nonce = self._random_bytes(NONCE_BYTES)
        return nonce + wrapping.encrypt(nonce, self._random_bytes(KEY_BYTES), _bound("session-key", session))

    async def block_cipher(self, session: SessionKey, *, wrapped_key: bytes) -> BlockCipher:
        """Unwrap the session's data key; raises RecordCorrupt where it is another session's or tenant's."""
        wrapping = AESGCM(await self._wrapping_key(session))
        data_key = _opened(wrapping, wrapped_key, _bound("session-key", session), what="session key")
        return BlockCipher(data_key, session=session, random_bytes=self._random_bytes)

    async def _wrapping_key(self, session: SessionKey) -> bytes:
        return await self._tenant_keys.derived_key(session.tenant_id, label="archive")


def _opened(aes: AESGCM, sealed: bytes, bound_to: bytes, *, what: str) -> bytes:
    if len(sealed) < SEAL_BYTES:
        raise RecordCorrupt(f"The {what} is shorter than its seal.")
    try:
        return aes.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except InvalidTag as error:
        raise RecordCorrupt(f"The {what} does not open with this key in this place.") from error


def _bound(purpose: str, session: SessionKey, *place: str) -> bytes:
    # NUL can stand in none of the parts (neither PostgreSQL nor an object key takes it), so no two lists of
    # parts give the same bytes.
    parts = (purpose, session.tenant_id, session.project_id, session.session_id, *place)
    return b"\x00".join(part.encode() for part in parts)
