"""The parts of rrweb's events that are read; whatever is not named here, the decoder skips.

Codes are those of rrweb's ``packages/types/src/index.ts``. Leaves are ``object``: a wrong type in one
field must not lose the event, so the readers look at what they got.
"""

import json
import math
import re
from collections.abc import Sequence
from typing import TypeVar

from msgspec import DecodeError, Raw, Struct, field, json as msgspec_json

FULL_SNAPSHOT, INCREMENTAL, META, CUSTOM, PLUGIN = 2, 3, 4, 5, 6
MUTATION, MOUSE_MOVE, MOUSE_INTERACTION, SCROLL, VIEWPORT_RESIZE, INPUT, SELECTION = 0, 1, 2, 3, 4, 5, 14
# Media, stylesheet rule, canvas, style declaration, adopted stylesheet.
EFFECTS = frozenset({7, 8, 9, 13, 15})
CLICK = 2
ELEMENT, TEXT = 2, 3

# Where JavaScript's integers stop being exact, and the contract's bound for an event's timestamp.
MAX_NUMBER = 2**53
_LONGEST_INTEGER = 20  # characters; longer ones are past 2^64, and past 4300 Python refuses them

_NOTHING = Raw(b"")

# A string comes whole, so that no bracket or name inside one is taken for the real thing.
_TOKEN = re.compile(
    rb'"timestamp"\s*:\s*(?P<time>\d{1,16}(?:\.\d{1,9})?)|"(?:[^"\\]|\\.)*"|(?P<bracket>[\[\]{}])', re.DOTALL
)

_Part = TypeVar("_Part")


class WireData(Struct, frozen=True, gc=False):
    """An event's ``data``, over all types; parts that only some readers need stay raw."""

    source: object = None
    type: object = None
    id: object = None
    x: object = None
    y: object = None
    href: object = None
    width: object = None
    tag: object = None
    plugin: object = None
    positions: Raw = _NOTHING
    adds: Raw = _NOTHING
    attributes: Raw = _NOTHING
    node: Raw = _NOTHING
    payload: Raw = _NOTHING


class WireEvent(Struct, frozen=True, gc=False):
    """An event's outer shape."""

    type: object = None
    timestamp: object = None
    data: WireData = WireData()


class WireAttributes(Struct, frozen=True, gc=False):
    """The attributes that say what an element is for, and what it is called."""

    id: object = None
    type: object = None
    href: object = None
    target: object = None
    download: object = None
    role: object = None
    contenteditable: object = None
    class_names: object = field(default=None, name="class")
    label: object = field(default=None, name="aria-label")


class WireNode(Struct, frozen=True, gc=False):
    """A node of a snapshot."""

    id: object = None
    type: object = None
    tag_name: object = field(default=None, name="tagName")
    text: object = field(default=None, name="textContent")
    attributes: WireAttributes = WireAttributes()
    children: tuple["WireNode", ...] = field(default=(), name="childNodes")


class WireAdd(Struct, frozen=True, gc=False):
    """A node that a mutation adds."""

    node: WireNode
    parent_id: object = field(default=None, name="parentId")


class WireAttributeChange(Struct, frozen=True, gc=False):
    """The attributes that a mutation sets on one node."""

    id: object = None
    attributes: WireAttributes = WireAttributes()


class WirePosition(Struct, frozen=True, gc=False):
    """A point of a mouse-move batch."""

    x: object = None
    y: object = None
    offset_ms: object = field(default=None, name="timeOffset")


class WirePayload(Struct, frozen=True, gc=False):
    """The fields of custom and plugin payloads that have a meaning here."""

    name: object = None
    message: object = None
    handled: object = None
    href: object = None
    url: object = None
    to: object = None
    event: object = None
    level: object = None
    category: object = None
    selector: object = None
    node_id: object = None


_EVENT = msgspec_json.Decoder(WireEvent)
_NODE = msgspec_json.Decoder(WireNode)
_ADDS = msgspec_json.Decoder(tuple[WireAdd, ...])
_ATTRIBUTE_CHANGES = msgspec_json.Decoder(tuple[WireAttributeChange, ...])
_POSITIONS = msgspec_json.Decoder(tuple[WirePosition, ...])
_PAYLOAD = msgspec_json.Decoder(WirePayload)


def decode_event(event: bytes) -> WireEvent | None:
    """Return what can be read of an event; None where it is no JSON object at all."""
    try:
        return _EVENT.decode(event)
    except (DecodeError, ValueError, RecursionError):
        return _decode_loosely(event)


def decode_node(part: Raw) -> WireNode | None:
    """Return a snapshot's root; None where it has another shape."""
    return _decode_part(_NODE, part)


def decode_adds(part: Raw) -> Sequence[WireAdd]:
    """Return a mutation's added nodes; none where they have another shape."""
    return _decode_part(_ADDS, part) or ()


def decode_attribute_changes(part: Raw) -> Sequence[WireAttributeChange]:
    """Return a mutation's attribute changes; none where they have another shape."""
    return _decode_part(_ATTRIBUTE_CHANGES, part) or ()


def decode_positions(part: Raw) -> Sequence[WirePosition]:
    """Return a batch's points; none where they have another shape."""
    return _decode_part(_POSITIONS, part) or ()


def decode_payload(part: Raw) -> WirePayload:
    """Return a payload's known fields; all absent where it is no object."""
    return _decode_part(_PAYLOAD, part) or WirePayload()


def number(value: object) -> float | None:
    """Return a JSON number that arithmetic can be done on, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        return None
    return value


def node_number(value: object) -> int | None:
    """Return a node id, else None."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_NUMBER:
        return None
    return value


def text(value: object, *, longest: int) -> str:
    """Return a string cut to length, without NUL (PostgreSQL refuses it); empty for anything else."""
    return value[:longest].replace("\x00", "") if isinstance(value, str) else ""


def _decode_part(decoder: "msgspec_json.Decoder[_Part]", part: Raw) -> _Part | None:
    try:
        return decoder.decode(part)
    except (DecodeError, ValueError, RecursionError):
        return None


def _decode_loosely(event: bytes) -> WireEvent | None:
    """Read what msgspec refuses (lone surrogates, numbers out of range), with those replaced."""
    try:
        loose = json.loads(
            event,
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else None,
            parse_float=lambda digits: number(float(digits)),
            parse_constant=lambda _name: None,
        )
        if not isinstance(loose, dict):
            return None
        if not isinstance(loose.get("data"), dict):
            loose["data"] = {}
        return _EVENT.decode(json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        return _decode_time(event)
    except (DecodeError, ValueError):
        return None


def _decode_time(event: bytes) -> WireEvent | None:
    """Read only the timestamp of an event that is nested deeper than Python can follow."""
    depth = 0
    for token in _TOKEN.finditer(event):
        if token["time"] is not None and depth == 1:
            return WireEvent(timestamp=float(token["time"]))
        if token["bracket"] is not None:
            depth += 1 if token["bracket"] in b"[{" else -1
    return None
