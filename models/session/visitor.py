"""Who was recorded, as far as tokens tell."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

_LONGEST_ID = 512
_LONGEST_NAME = 128
_LONGEST_VALUE = 512
_TRAITS_KEPT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A session's visitor; ``traits`` maps names to values written as text."""

    anonymous_id: str | None = None
    identified_id: str | None = None
    traits: Mapping[str, str] = field(default_factory=dict)


def read_visitor(content: bytes) -> Visitor:
    """Read a session's ``visitor``, JSON as redacted; of what is no object nothing is known.

    A trait that is no text is written as JSON: ``true``, ``3``, ``["a"]``; one without a value is none.
    """
    try:
        visitor = json.loads(content)
    except (ValueError, RecursionError):
        return Visitor()
    if not isinstance(visitor, dict):
        return Visitor()
    traits = visitor.get("traits")
    return Visitor(
        anonymous_id=_id(visitor.get("anonymous_id")),
        identified_id=_id(visitor.get("identified_id")),
        traits=_traits(traits) if isinstance(traits, dict) else {},
    )


def _traits(traits: Mapping[str, object]) -> dict[str, str]:
    kept = [
        (name, value) for name, value in traits.items() if value is not None and len(name) <= _LONGEST_NAME
    ]
    return {name: _written(value)[:_LONGEST_VALUE] for name, value in kept[:_TRAITS_KEPT]}


def _id(value: object) -> str | None:
    return value[:_LONGEST_ID] or None if isinstance(value, str) else None


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return ""
