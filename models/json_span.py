"""Where things stand in a JSON text: a validating scan that finds spans and decodes nothing else.

Not a parser: values stay the bytes they were, so numbers, spacing, duplicate keys and lone surrogates
survive whatever is spliced around them.
"""

import re
from dataclasses import dataclass

SPACE = r"[ \t\n\r]*+"
STRING = r'"([^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*+)*+)"'
NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
# An empty container counts as a scalar: most rrweb nodes carry one or two, and none needs a frame.
SCALAR = rf"({NUMBER}|true|false|null|\{{{SPACE}\}}|\[{SPACE}\])"

_ROOT = re.compile(f"{SPACE}(?:{STRING}|{SCALAR}|([{{\\[])){SPACE}")
_MEMBER = re.compile(f"{SPACE}{STRING}{SPACE}:{SPACE}(?:{STRING}|{SCALAR}|([{{\\[])){SPACE}")
_ITEM = re.compile(f"{SPACE}(?:{STRING}|{SCALAR}|([{{\\[])){SPACE}")
_ESCAPE = re.compile(
    r"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\(.)"
)
_MUST_ESCAPE = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_SHORT_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of an object: byte spans of key and value (quotes included), and the decoded key."""

    key: str
    key_start: int
    key_end: int
    value_start: int
    value_end: int


def object_members(document: bytes) -> tuple[Member, ...]:
    """Find the members of the object that the document is, in order, duplicates included.

    The whole document is checked on the way. Raises ValueError where it is not UTF-8, not JSON, or not
    an object.
    """
    document.decode()
    text = document.decode("latin-1")  # one character per byte: offsets are the bytes' own
    root = _ROOT.match(text)
    if root is None or not text[root.start() :].lstrip(" \t\n\r").startswith("{"):
        raise ValueError("not a JSON object")
    if root[3] is None:
        _require_end(text, root.end())
        return ()
    members: list[Member] = []
    position = root.end(3)
    while True:
        match = _MEMBER.match(text, position)
        if match is None:
            raise ValueError(f"malformed JSON at byte {position}")
        end = _value_end(text, match)
        members.append(_member(match, end))
        position = _skip_space(text, end)
        if text[position : position + 1] == "}":
            _require_end(text, position + 1)
            return tuple(members)
        if text[position : position + 1] != ",":
            raise ValueError(f"malformed JSON at byte {position}")
        position += 1


def decode_escape(match: re.Match[str]) -> str:
    """Give the character that a JSON escape stands for; a lone surrogate stays one."""
    high, low, unit, short = match.groups()
    if high is not None:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if unit is not None:
        return chr(int(unit, 16))
    return _SHORT_ESCAPES.get(short, short)


def decode_string(raw: str) -> str:
    """Decode what stands between the quotes of a JSON string."""
    return _ESCAPE.sub(decode_escape, raw) if "\\" in raw else raw


def escape_string(text: str) -> str:
    """Write a text as it must stand between the quotes of a JSON string; a lone surrogate is escaped."""
    return _MUST_ESCAPE.sub(_escape_character, text)


def _escape_character(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if character in '"\\' else f"\\u{ord(character):04x}"


def find_escapes(raw: str) -> list[re.Match[str]]:
    """Find the escapes between the quotes of a JSON string; a surrogate pair is one."""
    return list(_ESCAPE.finditer(raw))


def _member(match: re.Match[str], end: int) -> Member:
    group = match.lastindex or 0
    start = match.start(group) - (1 if group == _MEMBER_STRING else 0)
    raw = match[1].encode("latin-1").decode()
    return Member(
        key=decode_string(raw),
        key_start=match.start(1) - 1,
        key_end=match.end(1) + 1,
        value_start=start,
        value_end=end,
    )


_MEMBER_STRING, _MEMBER_OPEN = 2, 4
_ITEM_STRING, _ITEM_OPEN = 1, 3


def _value_end(text: str, match: re.Match[str]) -> int:
    """Where the matched member's value ends; a container is walked without recursion."""
    group = match.lastindex or 0
    if group == _MEMBER_STRING:
        return match.end(group) + 1
    if group != _MEMBER_OPEN:
        return match.end(group)
    stack = [match[group]]
    position = match.end(group)
    while True:
        inner = (_MEMBER if stack[-1] == "{" else _ITEM).match(text, position)
        if inner is None:
            raise ValueError(f"malformed JSON at byte {position}")
        if inner.lastindex == (_MEMBER_OPEN if stack[-1] == "{" else _ITEM_OPEN):
            stack.append(inner[inner.lastindex or 0])
            position = inner.end(inner.lastindex or 0)
            continue
        position = _close(text, stack, inner.end())
        if not stack:
            return position


def _close(text: str, stack: list[str], position: int) -> int:
    """Step over the brackets that close here, up to and with the comma that goes on."""
    while stack:
        position = _skip_space(text, position)
        mark = text[position : position + 1]
        if mark == ",":
            return position + 1
        if mark != ("}" if stack[-1] == "{" else "]"):
            raise ValueError(f"malformed JSON at byte {position}")
        stack.pop()
        position += 1
    return position


_SPACES = re.compile(SPACE)


def _skip_space(text: str, position: int) -> int:
    match = _SPACES.match(text, position)
    return match.end() if match else position


def _require_end(text: str, position: int) -> None:
    if _skip_space(text, position) != len(text):
        raise ValueError(f"malformed JSON at byte {position}")
