"""Who a request comes from: its API key looked up, and remembered for a few seconds."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from traceflow.models.access.api_key import parse_api_key
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.errors import Forbidden, StoreUnavailable, Unauthenticated
from traceflow.models.ports import KeyDirectory

# How long a revoked key may still be let in.
CACHE_TTL_S = 5.0
# How long a key that was let in goes on while the store does not answer: segments are buffered in Redis
# meanwhile, and a database that restarts or fails over must not turn SDKs away.
OUTAGE_TTL_S = 15 * 60.0
# How often a store that does not answer is asked again about one key.
OUTAGE_RETRY_S = 1.0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A key's owner, as the store last said at ``confirmed_at_s``."""

    principal: Principal
    confirmed_at_s: float
    ask_again_at_s: float


class Authenticator:
    """Tells who a key belongs to; one lookup per key and ``CACHE_TTL_S``, however many requests wait."""

    def __init__(self, directory: KeyDirectory, *, clock: Callable[[], float]) -> None:
        self._directory = directory
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._refused: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Task[Principal]] = {}

    async def authenticate(self, token: str | None) -> Principal:
        """Return the key's owner; raises Unauthenticated, or StoreUnavailable where nobody can tell.

        While the store is away, a key that it knew lately is still let in.
        """
        if not token:
            raise Unauthenticated("An API key is needed: Authorization: Bearer tf_...")
        # Keyed by digest: neither the key nor its length can be read back from the cache.
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is not None and known.ask_again_at_s > self._clock():
            return known.principal
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
        now_s = self._clock()
        try:
            scope, key_id, secret_sha256 = parse_api_key(token)
            principal = await self._directory.find_principal(key_id=key_id, secret_sha256=secret_sha256)
            if principal.scope != scope:
                raise Unauthenticated("This API key is unknown or revoked.")
        except Unauthenticated as error:
            self._known.pop(digest, None)
            _remember(self._refused, digest, (now_s + CACHE_TTL_S, error.message))
            raise
        except StoreUnavailable:
            return self._known_through_outage(digest, now_s)
        self._refused.pop(digest, None)
        known = _Known(principal=principal, confirmed_at_s=now_s, ask_again_at_s=now_s + CACHE_TTL_S)
        _remember(self._known, digest, known)
        return principal

    def _known_through_outage(self, digest: bytes, now_s: float) -> Principal:
        known = self._known.get(digest)
        if known is None or now_s - known.confirmed_at_s > OUTAGE_TTL_S:
            raise StoreUnavailable("Who this key belongs to cannot be told right now.", retry_after_s=1)
        # The next requests do not wait for a store that is silent.
        _remember(self._known, digest, replace(known, ask_again_at_s=self._clock() + OUTAGE_RETRY_S))
        return known.principal


def _remember(cache: OrderedDict[bytes, Entry], digest: bytes, entry: Entry) -> None:
    cache[digest] = entry
    cache.move_to_end(digest)
    if len(cache) > CACHE_ENTRIES:
        cache.popitem(last=False)
