"""What a click was aimed at, read from the element and its ancestors (nearest first)."""

import re
from collections.abc import Sequence

from traceflow.models.detection.node import Node

Path = Sequence[Node]

# PostHog's isTextSelectionTarget: clicks in quick succession select text there.
_TEXT_TYPES = frozenset({"", "text", "search", "email", "password", "url", "tel", "number"})
# Fields that open or hold something of the browser's own, which no recording shows.
_PICKER_TYPES = frozenset({"date", "datetime-local", "month", "week", "time", "color", "file", "range"})
# PostHog's INTERACTIVE_TAGS and INTERACTIVE_ROLES.
_CONTROL_TAGS = frozenset({"button", "a", "input", "select", "textarea", "label"})
_CONTROL_ROLES = frozenset({"button", "link", "tab", "menuitem", "option"})
# PostHog's content ignore list with steppers: controls that are made to be clicked repeatedly.
_REPEATED_WORDS = re.compile(r"\b(?:next|previous|prev)\b")
_REPEATED_SIGNS = frozenset(
    "><+-\u2192\u2190\u203a\u2039\u00bb\u00ab\u25b6\u25c0\u276f\u276e\u2212\u2013"  # arrows, quotes, dashes
)
# Elements that play, draw or open beyond what the recording shows.
_OPAQUE_TAGS = frozenset({"iframe", "embed", "object", "video", "audio", "canvas", "select", "option"})
_PAGE_TAGS = frozenset({"html", "body"})


def is_text_field(path: Path) -> bool:
    """Whether text is typed there: a text-like input, a textarea, something contenteditable."""
    if not path:
        return False
    element = path[0]
    if element.tag == "textarea":
        return True
    if element.tag == "input":
        return element.attributes.get("type", "").lower() in _TEXT_TYPES
    return any(node.attributes.get("contenteditable") in {"", "true", "plaintext-only"} for node in path)


def is_page(path: Path) -> bool:
    """Whether the click went to the page itself, beside everything on it."""
    return bool(path) and path[0].tag in _PAGE_TAGS


def is_unobservable(path: Path) -> bool:
    """Whether a click there does what no recording shows: a native picker, a download, another window.

    A label belongs here too: it passes the click on to its field, which is clicked on its own account.
    """
    if not path:
        return False
    element = path[0]
    if is_label(path) or element.tag in _OPAQUE_TAGS:
        return True
    if element.tag == "input" and element.attributes.get("type", "").lower() in _PICKER_TYPES:
        return True
    return any(node.tag == "a" and (leads_elsewhere(node) or opens_program(node)) for node in path)


def is_label(path: Path) -> bool:
    """Whether the click went to a field's label rather than to the field."""
    return bool(path) and path[0].tag != "input" and has_ancestor(path, "label")


def leads_elsewhere(anchor: Node) -> bool:
    """Whether a link downloads, or opens another window (Sentry)."""
    return "download" in anchor.attributes or anchor.attributes.get("target", "_self") != "_self"


def opens_program(anchor: Node) -> bool:
    """Whether a link opens the mail program, the telephone or the like."""
    return anchor.attributes.get("href", "").lower().startswith(("mailto:", "tel:", "sms:"))


def closest_control(path: Path) -> Node | None:
    """Return the button or link that the click was for, else the element itself (Sentry)."""
    control = next((node for node in path if node.tag in {"a", "button"}), None)
    return control or (path[0] if path else None)


def has_ancestor(path: Path, tag: str) -> bool:
    """Whether the element is, or stands in, one of this tag."""
    return any(node.tag == tag for node in path)


def has_class(path: Path, names: frozenset[str]) -> bool:
    """Whether the element, or one around it, carries one of these classes."""
    return any(not names.isdisjoint(node.attributes.get("class", "").split()) for node in path)


def is_made_for_repetition(path: Path) -> bool:
    """Whether the control is a pager, carousel or stepper, by its own label."""
    label, aria_label = _control_label(path)
    return _reads_as_repeated(label) or _reads_as_repeated(aria_label)


def _control_label(path: Path) -> tuple[str, str]:
    """Return text and aria-label of the nearest control; an icon's aria-label counts where it has neither."""
    if not path:
        return "", ""
    depth = next((depth for depth, node in enumerate(path) if _is_control(node)), 0)
    control = path[depth]
    text = " ".join(filter(None, (node.text for node in reversed(path[: depth + 1])))).strip().lower()
    own = control.attributes.get("aria-label", "").strip().lower()
    if own or text:
        return text, own
    inner = (node.attributes.get("aria-label", "").strip().lower() for node in reversed(path[:depth]))
    return "", next(filter(None, inner), "")


def _is_control(node: Node) -> bool:
    return node.tag in _CONTROL_TAGS or node.attributes.get("role", "").lower() in _CONTROL_ROLES


def _reads_as_repeated(label: str) -> bool:
    return label in _REPEATED_SIGNS or _REPEATED_WORDS.search(label) is not None
