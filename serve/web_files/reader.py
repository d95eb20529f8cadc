"""The built files of the SDK and the dashboard, read from the package once and kept."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Where builds put their files; the package's own folder, wherever it is installed.
SDK_FILES = Path(__file__).parent / "sdk"
DASHBOARD_FILES = Path(__file__).parent / "dashboard"

# Under this, gzip's own header eats what it saves.
_GZIP_FROM_BYTES = 512
_GZIP_LEVEL = 9

_CONTENT_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_UNKNOWN_TYPE = "application/octet-stream"
_COMPRESSED_ALREADY = frozenset({".png", ".webp", ".woff2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """A file as it is served; ``gzip`` is None where compressing it gains nothing.

    ``etag`` is weak: it names the content, whichever way it is encoded.
    """

    content: bytes
    gzip: bytes | None
    content_type: str
    etag: str


class WebFiles:
    """The files below one folder; one that is missing is looked for again, since a build may come later."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kept: dict[str, WebFile] = {}

    def find(self, path: str) -> WebFile | None:
        """Return the file at a relative path with ``/`` between its parts; None where there is none.

        Blocks on the first read of a file. A path that leads out of the folder finds nothing.
        """
        kept = self._kept.get(path)
        if kept is not None:
            return kept
        place = self._place(path)
        if place is None:
            return None
        file = _read(place)
        self._kept[path] = file
        return file

    def _place(self, path: str) -> Path | None:
        parts = path.split("/")
        # No `..`, no absolute path, no drive, and nothing hidden such as a bundler's notes.
        if any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        try:
            place = self._root.joinpath(*parts).resolve()
            is_ours = place.is_relative_to(self._root.resolve()) and place.is_file()
        except (OSError, ValueError):
            # A name too long for the file system, or one that it cannot spell.
            return None
        return place if is_ours else None


def _read(place: Path) -> WebFile:
    content = place.read_bytes()
    suffix = place.suffix.lower()
    return WebFile(
        content=content,
        gzip=None if suffix in _COMPRESSED_ALREADY else _compressed(content),
        content_type=_CONTENT_TYPES.get(suffix, _UNKNOWN_TYPE),
        etag=f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
    )


def _compressed(content: bytes) -> bytes | None:
    if len(content) < _GZIP_FROM_BYTES:
        return None
    # mtime 0: two replicas answer the same bytes.
    smaller = gzip.compress(content, compresslevel=_GZIP_LEVEL, mtime=0)
    return smaller if len(smaller) < len(content) else None
