"""What stands for a tokenized value: ``[TYPE:` + 16 characters of base32 + `]``, the same within a tenant."""

import base64
import hmac
import re
from typing import Final, Literal, NamedTuple

Kind = Literal[
    "EMAIL", "CARD", "PHONE", "IBAN", "SSN", "IP", "JWT", "SECRET", "NUMBER", "ID", "TRAIT", "BASE64", "INPUT"
]

_KINDS: Final = "EMAIL|CARD|PHONE|IBAN|SSN|IP|JWT|SECRET|NUMBER|ID|TRAIT|BASE64"
# Seven digits in a row never stand in a token of ours (see `Tokenizer`), so that `[CARD:5555555555554444]`,
# whose digits happen to be base32 letters, is no token and is redacted like any text.
TOKEN: Final = re.compile(rf"\[(?:{_KINDS}):(?![A-Z2-7]{{0,9}}[2-7]{{7}})[A-Z2-7]{{16}}\]")


class Hit(NamedTuple):
    """A span to tokenize, what to call it, and the form that its token is made from."""

    start: int
    end: int
    kind: Kind
    normalised: str


class Tokenizer:
    """Makes a tenant's tokens: 80 bits of HMAC-SHA256 over ``TYPE|normalised value``."""

    def __init__(self, token_key: bytes) -> None:
        self._token_key = token_key

    def token(self, kind: Kind, normalised: str) -> str:
        """Return the token of a value; equal values of one kind give equal tokens."""
        message = f"{kind}|{normalised}".encode("utf-8", "surrogatepass")
        while True:
            digest = hmac.digest(self._token_key, message, "sha256")
            token = f"[{kind}:{base64.b32encode(digest[:10]).decode()}]"
            if TOKEN.fullmatch(token):
                return token
            message = digest  # one in ten thousand has seven digits in a row: the next of the chain serves
