"""Which content encodings a client reads (RFC 9110, 12.5.3)."""

import re
from collections.abc import Mapping

_ENTRY = re.compile(
    r"\s*(?P<coding>[!#$%&'*+.^_`|~0-9A-Za-z-]+)"
    r"\s*(?:;\s*[qQ]\s*=\s*(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


def prefers_zstd(accept_encoding: str | None) -> bool:
    """Tell whether zstd is read, and not less willingly than plain bytes.

    ``*`` stands for zstd only where plain bytes are refused: many send it and read nothing of the kind.
    """
    qualities = _qualities(accept_encoding or "")
    if "zstd" in qualities:
        return qualities["zstd"] > 0 and qualities["zstd"] >= qualities.get("identity", 0.0)
    return qualities.get("identity") == 0.0 and qualities.get("*", 0.0) > 0


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Tell whether gzip is read, and not less willingly than plain bytes."""
    qualities = _qualities(accept_encoding or "")
    quality = qualities.get("gzip", 0.0)
    return quality > 0 and quality >= qualities.get("identity", 0.0)


def _qualities(accept_encoding: str) -> Mapping[str, float]:
    entries = (_ENTRY.fullmatch(entry) for entry in accept_encoding.split(","))
    # What cannot be read is as good as not said.
    return {entry["coding"].lower(): float(entry["quality"] or 1) for entry in entries if entry}
