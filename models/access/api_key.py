"""The grammar of API keys: ``tf_{scope}_{id}_{secret}``; only a digest of the secret is ever stored."""

import hashlib
import re
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from traceflow.models.access.scope import Scope
from traceflow.models.errors import Unauthenticated

KEY_ID_LENGTH = 12
# 43 characters of 62: 256 bits, which no search needs a slow hash against.
SECRET_LENGTH = 43

_ALPHABET = string.ascii_letters + string.digits
_GRAMMAR = re.compile(
    rf"tf_({'|'.join(Scope)})_([A-Za-z0-9]{{{KEY_ID_LENGTH}}})_([A-Za-z0-9]{{{SECRET_LENGTH}}})"
)


class ParsedApiKey(NamedTuple):
    """What a presented key says of itself; nothing of it is proven yet."""

    scope: Scope
    key_id: str
    secret_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedApiKey:
    """A new key; ``text`` is shown once and kept nowhere by the store."""

    key_id: str
    scope: Scope
    text: str = field(repr=False)
    secret_sha256: bytes = field(repr=False)


def parse_api_key(text: str) -> ParsedApiKey:
    """Take a key apart; raises Unauthenticated where it is none."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        raise Unauthenticated("This is no API key: it should look like tf_<scope>_<id>_<secret>.")
    scope, key_id, secret = match.groups()
    return ParsedApiKey(Scope(scope), key_id, _digest(secret))


def new_api_key(scope: Scope, *, choose: Callable[[str], str]) -> IssuedApiKey:
    """Make a key; ``choose`` picks one character (``secrets.choice``)."""
    key_id = "".join(choose(_ALPHABET) for _ in range(KEY_ID_LENGTH))
    secret = "".join(choose(_ALPHABET) for _ in range(SECRET_LENGTH))
    return IssuedApiKey(
        key_id=key_id, scope=scope, text=f"tf_{scope}_{key_id}_{secret}", secret_sha256=_digest(secret)
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
