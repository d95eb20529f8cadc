"""Who a request comes from: its API key looked up, and remembered for a few seconds."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import TypeVar

from traceflow.models.access.api_key import parse_api_key
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.errors import Forbidden, Unauthenticated
from traceflow.models.ports import KeyDirectory

# How long a revoked key may still be let in.
CACHE_TTL_S = 5.0
CACHE_ENTRIES = 10_000

Entry = TypeVar("Entry")


def bearer_token(authorization: str | None) -> str | None:
    """Return the key of an ``Authorization: Bearer`` header; None where there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def require_scope(principal: Principal, allowed: Collection[Scope]) -> None:
    """Raise Forbidden where the key's scope is not one of these."""
    if principal.scope not in allowed:
        raise Forbidden(f"This needs a key of scope {' or '.join(sorted(allowed))}, not {principal.scope}.")


class Authenticator:
    """Tells who a key belongs to; one lookup per key and ``CACHE_TTL_S``, however many requests wait."""

    def __init__(self, directory: KeyDirectory, *, clock: Callable[[], float]) -> None:
        self._directory = directory
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
        self._refused: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Task[Principal]] = {}

    async def authenticate(self, token: str | None) -> Principal:
        """Return the key's owner; raises Unauthenticated, or StoreUnavailable where nobody can tell."""
        if not token:
            raise Unauthenticated("An API key is needed: Authorization: Bearer tf_...")
        # Keyed by digest: neither the key nor its length can be read back from the cache.
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is not None and known[0] > self._clock():
            return known[1]
        refused = self._refused.get(digest)
        if refused is not None and refused[0] > self._clock():
            raise Unauthenticated(refused[1])
        return await self._look_up_once(digest, token)

    async def _look_up_once(self, digest: bytes, token: str) -> Principal:
        task = self._under_way.get(digest)
        if task is None:
            task = asyncio.ensure_future(self._look_up(digest, token))
            self._under_way[digest] = task
            task.add_done_callback(lambda done: self._end(digest, done))
        # Shielded: a client that hangs up must not cancel the lookup that others wait for.
        return await asyncio.shield(task)

    def _end(self, digest: bytes, task: asyncio.Task[Principal]) -> None:
        self._under_way.pop(digest, None)
        if not task.cancelled():
            # Marked as seen: every client may have hung up, and asyncio would log the error.
            task.exception()

    async def _look_up(self, digest: bytes, token: str) -> Principal:
        expires_at = self._clock() + CACHE_TTL_S
        try:
            scope, key_id, secret_sha256 = parse_api_key(token)
            principal = await self._directory.find_principal(key_id=key_id, secret_sha256=secret_sha256)
            if principal.scope != scope:
                raise Unauthenticated("This API key is unknown or revoked.")
        except Unauthenticated as error:
            self._known.pop(digest, None)
            _remember(self._refused, digest, (expires_at, error.message))
            raise
        self._refused.pop(digest, None)
        _remember(self._known, digest, (expires_at, principal))
        return principal


def _remember(cache: OrderedDict[bytes, Entry], digest: bytes, entry: Entry) -> None:
    cache[digest] = entry
    cache.move_to_end(digest)
    if len(cache) > CACHE_ENTRIES:
        cache.popitem(last=False)
