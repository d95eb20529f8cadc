"""Which names of keys, attributes and parameters say something about the value under them."""

import re
from enum import IntEnum
from typing import Final


class Role(IntEnum):
    """What the name of a member means for its value."""

    PLAIN = 0
    LAYOUT = 1
    SECRET = 2
    TAG = 3
    VALUE = 4
    TEXT = 5
    SOURCE = 6
    ATTRIBUTES = 7
    TYPE = 8
    CLOCK = 9
    PERSON = 10
    TRAITS = 11


# Under these names stand coordinates and style sheets, where almost every run of digits is a length: there
# only digit runs that are a card by length, first digit and check digit are tokenized.
_LAYOUT: Final = frozenset(
    (  # noqa: SIM905 - a list of words
        "d points viewbox transform style csstext class values patterntransform gradienttransform keytimes "
        "keysplines coords rrcsstext path"
    ).split()
)
_ROLES: Final = {
    "tagname": Role.TAG,
    "value": Role.VALUE,
    "text": Role.TEXT,
    "source": Role.SOURCE,
    "attributes": Role.ATTRIBUTES,
    "type": Role.TYPE,
    "timestamp": Role.CLOCK,
    # Of the segment's visitor, and of the SDK's event `identify`: replaced whole, whatever they look like.
    "identifiedid": Role.PERSON,
    "traits": Role.TRAITS,
}
_SECRET: Final = frozenset(
    (  # noqa: SIM905 - a list of words
        "auth authentication authorization proxyauthorization code cookie setcookie credential credentials "
        "csrf xsrf cvc cvv jsessionid jwt otp phpsessid passphrase passwd pin pwd session sessionid sid sig "
        "signature privatekey accesskey secretkey bearer"
    ).split()
)
_SECRET_ENDS: Final = (
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "sessionid",
    "cookie",
    "authorization",
)
_SEPARATORS: Final = str.maketrans("", "", "-_. []")

# `name=value` anywhere in a text; of the short names only whole words count (`zipcode=`, `author=` do not).
_PARAMETER: Final = (
    r"(?:(?<![A-Za-z])(?:auth|code|pin|otp|cvv|cvc|pwd|sid|sig|session|jwt)"
    r"|password|passwd|passphrase|secret|token|api[_-]?key|session[_-]?id|jsessionid|phpsessid|csrf|xsrf"
    r"|authorization|signature|private[_-]?key|access[_-]?key)"
)
# `name: value`, as in headers and logs: only names that prose hardly uses this way.
_HEADER: Final = (
    r"(?:(?:proxy-)?authorization|(?:set-)?cookie|password|passwd|passphrase|api[_-]?key|secret"
    r"|x-[a-z-]{0,32}token)"
)
SECRET_ASSIGNMENT: Final = re.compile(
    rf"{_PARAMETER}[\"'\]]{{0,2}}\s{{0,2}}=\s{{0,2}}[\"']?(?P<parameter>[^\s&;,\"'<>#\[\]]+)"
    rf"|(?<![A-Za-z]){_HEADER}[\"']?\s{{0,2}}:\s{{0,2}}[\"']?(?P<header>[^\r\n\"'<>\[\]]+)"
    r"|\bbearer\s{1,3}(?P<bearer>[A-Za-z0-9._~+/=-]{8,})"
    r"|\b(?:basic|digest|token)\s{1,3}(?P<scheme>(?=[A-Za-z._~+/=-]{0,200}[0-9=])[A-Za-z0-9._~+/=-]{8,})",
    re.IGNORECASE | re.ASCII,
)
_SCHEMES: Final = ("bearer", "basic", "digest", "token")
_HEADER_WORDS: Final = ("authorization", "cookie", "passw", "passphrase", "api", "secret")


def may_name_secret(text: str) -> bool:
    """Tell cheaply whether `SECRET_ASSIGNMENT` could match a text without an equals sign."""
    lowered = text.lower()
    if any(word in lowered for word in _SCHEMES):
        return True
    return ":" in text and any(word in lowered for word in _HEADER_WORDS)


def role_of(key: str) -> Role:
    """Read a decoded key; spelling variants of a name are one."""
    name = key.lower().translate(_SEPARATORS)
    known = _ROLES.get(name)
    if known is not None:
        return known
    if name in _LAYOUT:
        return Role.LAYOUT
    if name in _SECRET or name.endswith(_SECRET_ENDS):
        return Role.SECRET
    return Role.PLAIN
