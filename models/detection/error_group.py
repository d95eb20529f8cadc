"""Hop 5. Which errors are the same one: name and message without what differs from time to time."""

import hashlib
import re

from traceflow.models.redaction.token import TOKEN

# In this order: a token holds letters and digits, a quoted string may hold anything, an id holds digits.
_VARYING = (
    (TOKEN, "<token>"),
    (
        re.compile(r"\"[^\"]{0,500}\"|(?<!\w)'[^']{0,500}'(?!\w)|`[^`]{0,500}`|\u201c[^\u201d]{0,500}\u201d"),
        "<text>",
    ),
    (re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s)\]>\"']+", re.IGNORECASE), "<url>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    # A word with a digit in it and eight characters or more: a hash, a session's id, a file's build.
    (re.compile(r"\b(?=[A-Za-z_-]{0,63}[0-9])[A-Za-z0-9_-]{8,64}\b"), "<id>"),
    (re.compile(r"(?<![A-Za-z])[+-]?\d+(?:[.,:]\d+)*"), "<number>"),
)
_LONGEST = 300


def grouping_text(name: str, message: str) -> str:
    """Return what errors of one group have in common, for people to read."""
    text = message
    for pattern, placeholder in _VARYING:
        text = pattern.sub(placeholder, text)
    return f"{name}: {' '.join(text.split())}"[:_LONGEST]


def error_fingerprint(name: str, message: str) -> str:
    """Name the group of an error: 24 hexadecimal digits, the same for errors that differ in details only."""
    common = grouping_text(name, message).encode("utf-8", "replace")
    return hashlib.blake2b(common, digest_size=12).hexdigest()
