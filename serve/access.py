"""Who a request comes from: its API key or web session looked up, and remembered for a few seconds."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from traceflow.models.access.api_key import parse_api_key
from traceflow.models.access.scope import Principal, Scope
from traceflow.models.access.web_session import SignedIn, WebSecret, read_web_secret
from traceflow.models.errors import Forbidden, SignInExpired, StoreUnavailable, Unauthenticated
from traceflow.models.ports import KeyDirectory, SignIns

# How long a revoked key may still be let in.
CACHE_TTL_S = 5.0
# How long a key that was let in goes on while the store does not answer: segments are buffered in Redis
# meanwhile, and a database that restarts or fails over must not turn SDKs away.
OUTAGE_TTL_S = 15 * 60.0
# How often a store that does not answer is asked again about one key.
OUTAGE_RETRY_S = 1.0
CACHE_ENTRIES = 10_000

Entry = TypeVar("Entry")
Owner = TypeVar("Owner")


def bearer_token(authorization: str | None) -> str | None:
    """Return the key of an ``Authorization: Bearer`` header; None where there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def require_scope(principal: Principal, allowed: Collection[Scope]) -> None:
    """Raise Forbidden where the key's scope is not one of these."""
    if principal.scope not in allowed:
        raise Forbidden(f"This needs a key of scope {' or '.join(sorted(allowed))}, not {principal.scope}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known(Generic[Owner]):
    """A secret's owner, as the store last said at ``confirmed_at_s``."""

    owner: Owner
    confirmed_at_s: float
    ask_again_at_s: float


class _Remembering(Generic[Owner]):
    """Tells who a secret belongs to; one lookup per secret and ``CACHE_TTL_S``, however many wait."""

    def __init__(
        self, find: Callable[[str], Awaitable[Owner]], *, missing: str, clock: Callable[[], float]
    ) -> None:
        self._find = find
        self._missing = missing
        self._clock = clock
        self._known: OrderedDict[bytes, _Known[Owner]] = OrderedDict()
        self._refused: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Task[Owner]] = {}

    async def authenticate(self, token: str | None) -> Owner:
        """Return the secret's owner; raises Unauthenticated, or StoreUnavailable where nobody can tell.

        While the store is away, a secret that it knew lately is still let in.
        """
        if not token:
            raise Unauthenticated(self._missing)
        digest = _digest(token)
        known = self._known.get(digest)
        if known is not None and known.ask_again_at_s > self._clock():
            return known.owner
        refused = self._refused.get(digest)
        if refused is not None and refused[0] > self._clock():
            raise Unauthenticated(refused[1])
        return await self._look_up_once(digest, token)

    def forget(self, token: str) -> None:
        """Ask the store again when this secret comes next."""
        self._known.pop(_digest(token), None)

    async def _look_up_once(self, digest: bytes, token: str) -> Owner:
        task = self._under_way.get(digest)
        if task is None:
            task = asyncio.ensure_future(self._look_up(digest, token))
            self._under_way[digest] = task
            task.add_done_callback(lambda done: self._end(digest, done))
        # Shielded: a client that hangs up must not cancel the lookup that others wait for.
        return await asyncio.shield(task)

    def _end(self, digest: bytes, task: asyncio.Task[Owner]) -> None:
        self._under_way.pop(digest, None)
        if not task.cancelled():
            # Marked as seen: every client may have hung up, and asyncio would log the error.
            task.exception()

    async def _look_up(self, digest: bytes, token: str) -> Owner:
        now_s = self._clock()
        try:
            owner = await self._find(token)
        except Unauthenticated as error:
            self._known.pop(digest, None)
            _remember(self._refused, digest, (now_s + CACHE_TTL_S, error.message))
            raise
        except StoreUnavailable:
            return self._known_through_outage(digest, now_s)
        self._refused.pop(digest, None)
        known = _Known(owner=owner, confirmed_at_s=now_s, ask_again_at_s=now_s + CACHE_TTL_S)
        _remember(self._known, digest, known)
        return owner

    def _known_through_outage(self, digest: bytes, now_s: float) -> Owner:
        known = self._known.get(digest)
        if known is None or now_s - known.confirmed_at_s > OUTAGE_TTL_S:
            raise StoreUnavailable("Who this request comes from cannot be told right now.", retry_after_s=1)
        # The next requests do not wait for a store that is silent.
        _remember(self._known, digest, replace(known, ask_again_at_s=self._clock() + OUTAGE_RETRY_S))
        return known.owner


class Authenticator(_Remembering[Principal]):
    """Tells who an API key belongs to."""

    def __init__(self, directory: KeyDirectory, *, clock: Callable[[], float]) -> None:
        super().__init__(
            self._find_principal,
            missing="An API key is needed: Authorization: Bearer tf_...",
            clock=clock,
        )
        self._directory = directory

    async def _find_principal(self, token: str) -> Principal:
        scope, key_id, secret_sha256 = parse_api_key(token)
        principal = await self._directory.find_principal(key_id=key_id, secret_sha256=secret_sha256)
        if principal.scope != scope:
            raise Unauthenticated("This API key is unknown or revoked.")
        return principal


class WebSessions(_Remembering[SignedIn]):
    """Tells who a web session belongs to, begins and ends them."""

    def __init__(
        self,
        sign_ins: SignIns,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        new_secret: Callable[[], WebSecret],
    ) -> None:
        super().__init__(self._find_session, missing="Nobody is signed in here.", clock=clock)
        self._sign_ins = sign_ins
        self._now = now
        self._new_secret = new_secret

    async def begin(self, token: str) -> tuple[WebSecret, SignedIn]:
        """Spend a sign-in token on a new session; raises SignInExpired."""
        try:
            token_sha256 = read_web_secret(token).sha256
        except Unauthenticated as error:
            raise SignInExpired("This is no sign-in link: make one with `traceflow sign-in`.") from error
        session = self._new_secret()
        signed_in = await self._sign_ins.begin_session(
            token_sha256=token_sha256, session_sha256=session.sha256, now=self._now()
        )
        return session, signed_in

    async def end(self, token: str, signed_in: SignedIn) -> None:
        """End a session: here at once, in other processes within ``CACHE_TTL_S``."""
        await self._sign_ins.end_session(
            session_sha256=read_web_secret(token).sha256, tenant_id=signed_in.tenant_id
        )
        self.forget(token)

    async def _find_session(self, token: str) -> SignedIn:
        return await self._sign_ins.find_session(
            session_sha256=read_web_secret(token).sha256, now=self._now()
        )


def _digest(token: str) -> bytes:
    # The caches' keys: neither a secret nor its length can be read back from them.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _remember(cache: OrderedDict[bytes, Entry], digest: bytes, entry: Entry) -> None:
    cache[digest] = entry
    cache.move_to_end(digest)
    if len(cache) > CACHE_ENTRIES:
        cache.popitem(last=False)
