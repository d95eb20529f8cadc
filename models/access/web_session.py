"""Signing in by browser: a one-time token becomes a web session; the store knows digests of both, no more."""

import hashlib
import hmac
import re
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from traceflow.models.errors import Unauthenticated

# Long enough to copy the link from a terminal, short enough for one that is left in a scroll-back.
SIGN_IN_TOKEN_LIFETIME = timedelta(minutes=15)
WEB_SESSION_LIFETIME = timedelta(days=7)

# 43 characters of 62: 256 bits, as in API keys; no search needs a slow hash against that.
_SECRET_LENGTH = 43
_ALPHABET = string.ascii_letters + string.digits
_SECRET = re.compile(rf"[A-Za-z0-9]{{{_SECRET_LENGTH}}}")
_CSRF_LABEL = b"traceflow csrf"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSecret:
    """A sign-in token or the token of a web session; ``text`` is given to its owner and kept nowhere."""

    text: str = field(repr=False)
    sha256: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who a web session belongs to: a user, and every project of the user's tenant."""

    user_id: str
    name: str
    tenant_id: str
    projects: tuple[str, ...]


def new_web_secret(*, choose: Callable[[str], str]) -> WebSecret:
    """Make a secret; ``choose`` picks one character (``secrets.choice``)."""
    return read_web_secret("".join(choose(_ALPHABET) for _ in range(_SECRET_LENGTH)))


def read_web_secret(text: str) -> WebSecret:
    """Return a presented secret with its digest; raises Unauthenticated where it cannot be one."""
    if _SECRET.fullmatch(text) is None:
        raise Unauthenticated("Nobody is signed in here.")
    return WebSecret(text=text, sha256=hashlib.sha256(text.encode()).digest())


def csrf_token(session: WebSecret) -> str:
    """Return what unsafe requests of a web session must repeat in a header.

    Derived, so that there is nothing to store; it does not tell the session's own secret.
    """
    return hmac.new(session.text.encode(), _CSRF_LABEL, "sha256").hexdigest()


def is_csrf_token(presented: str, session: WebSecret) -> bool:
    """Tell whether it is the session's, in constant time."""
    return hmac.compare_digest(presented.encode("utf-8", "replace"), csrf_token(session).encode())
