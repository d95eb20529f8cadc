"""What is known of the page's elements: enough to tell what a click was meant to do."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from traceflow.models.detection.rrweb import (
    ELEMENT,
    TEXT,
    WireAdd,
    WireAttributeChange,
    WireAttributes,
    WireNode,
    node_number,
    text,
)

TEXT_TAG = "#text"
_NONE: Mapping[str, str] = {}
# A control's label is a word or two; a paragraph's text is never compared with anything.
_LONGEST_TEXT = 80
# Inline elements are read through anew for every element around them: nested ones must not cost the square.
_LONGEST_TEXT_WALK = 40
_LONGEST_ATTRIBUTE = 200
# Blink's parser nests no deeper (kMaximumHTMLParserDOMTreeDepth): a longer way up was made to cost memory.
_LONGEST_PATH = 512
# Their text reads as the text of the element around them.
_INLINE = frozenset({"span", "strong", "em", "b", "i", "small", TEXT_TAG})
# Nothing under these can be clicked.
_UNSEEN = frozenset({"head", "script", "style", "noscript", "template"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An element with its parent's id; ``tag`` is lower case.

    ``attributes`` holds only id, type, href, target, download, role, contenteditable, class and aria-label,
    where present. ``text`` is the element's own text with that of inline elements in it. A text node
    that a mutation adds comes as a node of tag ``#text``.
    """

    node_id: int
    parent_id: int | None
    tag: str
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def snapshot_nodes(root: WireNode) -> tuple[Node, ...]:
    """Return the elements of a tree that can be clicked."""
    return tuple(_nodes(root, parent_id=None))


def added_nodes(adds: Sequence[WireAdd]) -> tuple[Node, ...]:
    """Return the elements and texts that a mutation adds, each with what stands below it."""
    return tuple(node for add in adds for node in _added(add))


def changed_nodes(changes: Sequence[WireAttributeChange]) -> tuple[tuple[int, Mapping[str, str]], ...]:
    """Return the ids of nodes whose known attributes changed, with the new values."""
    changed = ((node_number(change.id), _attributes(change.attributes)) for change in changes)
    return tuple(
        (node_id, attributes) for node_id, attributes in changed if node_id is not None and attributes
    )


def apply_nodes(page: dict[int, Node], nodes: Sequence[Node]) -> None:
    """Put added nodes into the page; a text joins the element that it stands in."""
    for node in nodes:
        if node.tag != TEXT_TAG:
            page[node.node_id] = node
            continue
        parent = page.get(node.parent_id) if node.parent_id is not None else None
        if parent is not None:
            page[parent.node_id] = replace(parent, text=_joined([parent.text, node.text]))


def apply_attributes(page: dict[int, Node], changes: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Put changed attributes into the page."""
    for node_id, attributes in changes:
        node = page.get(node_id)
        if node is not None:
            page[node_id] = replace(node, attributes={**node.attributes, **attributes})


def path_to_root(page: Mapping[int, Node], node_id: int | None) -> tuple[Node, ...]:
    """Return the node and its nearest ancestors, nearest first; empty where the node is not known."""
    path: list[Node] = []
    seen: set[int] = set()
    while node_id is not None and node_id not in seen and len(path) < _LONGEST_PATH:
        seen.add(node_id)
        node = page.get(node_id)
        if node is None:
            break
        path.append(node)
        node_id = node.parent_id
    return tuple(path)


def _added(add: WireAdd) -> Iterator[Node]:
    parent_id = node_number(add.parent_id)
    if add.node.type == TEXT:
        node_id = node_number(add.node.id)
        if node_id is not None:
            label = text(add.node.text, longest=_LONGEST_TEXT)
            yield Node(node_id=node_id, parent_id=parent_id, tag=TEXT_TAG, text=label)
        return
    yield from _nodes(add.node, parent_id=parent_id)


def _nodes(root: WireNode, *, parent_id: int | None) -> Iterator[Node]:
    pending = [(root, parent_id)]
    while pending:
        wire, parent = pending.pop()
        tag = _tag(wire)
        if tag in _UNSEEN:
            continue
        node_id = node_number(wire.id)
        if tag and node_id is not None:
            yield Node(
                node_id=node_id,
                parent_id=parent,
                tag=tag,
                text=_text_of(wire),
                attributes=_attributes(wire.attributes),
            )
        pending.extend((child, node_id) for child in wire.children)


def _tag(wire: WireNode) -> str:
    if wire.type != ELEMENT or not isinstance(wire.tag_name, str):
        return ""
    return sys.intern(wire.tag_name.lower())


def _text_of(wire: WireNode) -> str:
    if not wire.children:
        return ""
    texts: list[str] = []
    pending = list(reversed(wire.children))
    for _ in range(_LONGEST_TEXT_WALK):
        if not pending:
            break
        child = pending.pop()
        if child.type == TEXT:
            texts.append(text(child.text, longest=_LONGEST_TEXT))
        elif _tag(child) in _INLINE:
            pending.extend(reversed(child.children))
    return _joined(texts)


def _joined(texts: Sequence[str]) -> str:
    return " ".join(" ".join(texts).split())[:_LONGEST_TEXT]


def _attributes(wire: WireAttributes) -> Mapping[str, str]:
    named = (
        ("id", wire.id),
        ("type", wire.type),
        ("href", wire.href),
        ("target", wire.target),
        ("download", wire.download),
        ("role", wire.role),
        ("contenteditable", wire.contenteditable),
        ("class", wire.class_names),
        ("aria-label", wire.label),
    )
    found = {name: _attribute(value) for name, value in named if value is not None and value is not False}
    return found or _NONE


def _attribute(value: object) -> str:
    # rrweb writes true for an attribute without a value.
    return text(value, longest=_LONGEST_ATTRIBUTE)
