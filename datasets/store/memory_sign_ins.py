"""The memory twin of ``SignIns``: users and sessions that live as long as the object does."""

from datetime import datetime

from traceflow.models.access.web_session import SIGN_IN_TOKEN_LIFETIME, WEB_SESSION_LIFETIME, SignedIn
from traceflow.models.errors import SignInExpired, Unauthenticated


class MemorySignIns:
    """Tokens and sessions by digest, each with its user and its end."""

    def __init__(self) -> None:
        self._tokens: dict[bytes, tuple[SignedIn, datetime]] = {}
        self._sessions: dict[bytes, tuple[SignedIn, datetime]] = {}

    def give_token(self, user: SignedIn, *, token_sha256: bytes, now: datetime) -> None:
        """Let this token sign the user in, once."""
        self._tokens[token_sha256] = (user, now + SIGN_IN_TOKEN_LIFETIME)

    async def begin_session(self, *, token_sha256: bytes, session_sha256: bytes, now: datetime) -> SignedIn:
        user, expires_at = self._tokens.pop(token_sha256, (None, now))
        if user is None or expires_at <= now:
            raise SignInExpired("This sign-in link was used before or is too old.")
        self._sessions[session_sha256] = (user, now + WEB_SESSION_LIFETIME)
        return user

    async def find_session(self, *, session_sha256: bytes, now: datetime) -> SignedIn:
        user, expires_at = self._sessions.get(session_sha256, (None, now))
        if user is None or expires_at <= now:
            raise Unauthenticated("Nobody is signed in here.")
        return user

    async def end_session(self, *, session_sha256: bytes, tenant_id: str) -> None:
        user, _ = self._sessions.get(session_sha256, (None, None))
        if user is not None and user.tenant_id == tenant_id:
            del self._sessions[session_sha256]
