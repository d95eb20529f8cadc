"""Redis's answers in one shape: redis-py types them for every protocol and decoding at once."""

from typing import Any


def text(reply: Any) -> str:
    """Return a bulk string as text; a missing one is empty."""
    return reply.decode() if isinstance(reply, bytes) else reply or ""


def stream_entries(reply: Any) -> list[tuple[str, dict[bytes, bytes]]]:
    """Return (id, fields) of XRANGE's answer; a deleted entry has no fields."""
    return [(text(entry_id), fields or {}) for entry_id, fields in reply or ()]


def script_entries(reply: Any) -> list[tuple[str, dict[bytes, bytes]]]:
    """Return (id, fields) of entries that a script returned: their fields and values lie flat."""
    return [(text(entry_id), dict(zip(flat[::2], flat[1::2], strict=True))) for entry_id, flat in reply or ()]


def read_entries(reply: Any) -> list[tuple[str, dict[bytes, bytes]]]:
    """Return (id, fields) over all streams of XREADGROUP's answer, in RESP2's shape or RESP3's."""
    streams = reply.items() if isinstance(reply, dict) else reply or ()
    found: list[tuple[str, dict[bytes, bytes]]] = []
    for _, entries in streams:
        nested = entries and isinstance(entries[0], list)
        found += stream_entries([entry for group in entries for entry in group] if nested else entries)
    return found
