"""Decides which values of a document were typed into form fields.

rrweb writes them in four places: as the text of an input event, as the attribute or property `value` of a
node, as a mutation of the attribute `value` (where the tag is not told), and as the text in a textarea.
Whether a value is one shows only when its object ends, since members come in any order.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from traceflow.models.json_span import STRING, decode_string
from traceflow.models.redaction.name import Role
from traceflow.models.redaction.splice import Edit, merge_spans

# The only elements whose `value` is a measure or a machine's form of what the page shows beside it.
_SHOWN_TAGS: Final = frozenset({"li", "progress", "meter", "data", "param"})
_BUTTON_TAGS: Final = frozenset({"input", "button"})
_BUTTON_TYPES: Final = frozenset({"submit", "button", "reset"})
_INPUT_SOURCE: Final = 5  # rrweb's IncrementalSource.Input

_LEAF: Final = re.compile(rf"{STRING}(?P<colon>[ \t\n\r]*:)?|(?P<number>-?[0-9][0-9.eE+-]*)")

Span = tuple[int, int]


class Leaf(NamedTuple):
    """A string or number of a valid document, the quotes included, under the key that last stood before."""

    start: int
    end: int
    key: str


class Facts:
    """What is known of an object until it ends."""

    __slots__ = (
        "attribute_values",
        "is_input_event",
        "is_textarea",
        "people",
        "tags",
        "texts",
        "traits",
        "types",
        "values",
    )

    def __init__(self) -> None:
        self.values: list[Span] = []
        self.attribute_values: list[Span] = []
        self.texts: list[Span] = []
        self.tags: list[str] = []
        self.types: list[str] = []
        self.people: list[Span] = []
        self.traits: list[Span] = []
        self.is_input_event = False
        self.is_textarea = False

    def note_string(self, role: Role, raw: str, span: Span) -> None:
        """Take a string member down."""
        if role is Role.TAG:
            self.note_tag(raw)
        elif role is Role.TYPE:
            self.types.append(decode_string(raw).strip().lower())
        else:
            self.note_span(role, span)

    def note_tag(self, raw: str) -> None:
        """Take a tag down; with two of them the stricter counts."""
        tag = decode_string(raw).strip().lower()
        self.tags.append(tag)
        self.is_textarea = self.is_textarea or tag == "textarea"

    def note_scalar(self, role: Role, raw: str, span: Span) -> None:
        """Take a number, a boolean or an empty container down."""
        if role is Role.SOURCE and raw[0] in "-0123456789":
            self.is_input_event = self.is_input_event or float(raw) == _INPUT_SOURCE
        else:
            self.note_span(role, span)

    def note_span(self, role: Role, span: Span) -> None:
        """Take the place of a value down."""
        if role is Role.VALUE:
            self.values.append(span)
        elif role is Role.TEXT:
            self.texts.append(span)
        elif role is Role.PERSON:
            self.people.append(span)
        elif role is Role.TRAITS:
            self.traits.append(span)

    def adopt_attributes(self, attributes: "Facts") -> None:
        """Take over what an attributes object told: only its owner knows the tag."""
        self.attribute_values += attributes.values
        self.types += attributes.types

    def typed_values(self) -> list[Span]:
        """Give the places of what was typed, now that the object is known whole."""
        spans = [*self.values, *self.texts] if self.is_input_event else []
        is_shown = bool(self.tags) and _SHOWN_TAGS.issuperset(self.tags)
        if is_shown or self._is_button():
            return spans
        spans += self.attribute_values
        return spans + self.values if self.tags else spans

    def _is_button(self) -> bool:
        is_button = bool(self.tags) and _BUTTON_TAGS.issuperset(self.tags)
        return is_button and bool(self.types) and _BUTTON_TYPES.issuperset(self.types)


def leaves(text: str, start: int, end: int) -> Iterator[Leaf]:
    """Yield the strings and numbers of a valid document's part, keys left out."""
    key = ""
    for match in _LEAF.finditer(text, start, end):
        if match["colon"] is not None:
            key = decode_string(match[1])
        else:
            yield Leaf(match.start(), match.end(), key)


def mask_edits(text: str, typed: list[Span], textareas: list[Span]) -> list[Edit]:
    """Replace typed values by as many asterisks as they have characters."""
    spans = list(typed)
    for start, end in merge_spans(textareas):
        spans += (leaf[:2] for leaf in leaves(text, start, end) if leaf.key.lower() == "textcontent")
    edits: list[Edit] = []
    for start, end in merge_spans(spans):
        edits += filter(None, (_mask(text, leaf) for leaf in leaves(text, start, end)))
    return edits


def _mask(text: str, leaf: Leaf) -> Edit | None:
    shown = text[leaf.start : leaf.end]
    value = decode_string(shown[1:-1]) if shown[0] == '"' else shown
    if not value.strip("*"):
        return None
    return Edit(leaf.start, leaf.end, f'"{"*" * len(value)}"', ("INPUT",))
