"""A loopback web server for pages: their files, a script tag in each, and the little that they ask for."""

import json
import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tools.record_pages.loopback import QuietHandler, serving

_HEAD = re.compile(rb"<head[^>]*>")
_PICTURE = re.compile(r"/picture/(\d+)\.svg")
_REPLAY = Path(__file__).with_name("replay.html")
# Where `make web` puts what the dashboard is built with; the player of the proof is the dashboard's.
REPLAYER = Path(__file__).parents[2] / "dashboard" / "node_modules" / "@rrweb" / "replay" / "dist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Pages under an address, with one script tag in the head of each."""

    folder: Path
    tag: str
    port: int
    # Recordings to be loaded by the replay page, by name.
    recordings: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        # By name: an IP address is personal data, and what redaction has replaced cannot be loaded.
        return f"http://localhost:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200


@contextmanager
def open_site(folder: Path, *, tag: str = "") -> Iterator[Site]:
    """Serve the folder until the end."""
    recordings: dict[str, bytes] = {}

    class Handler(_Handler):
        site = Site(folder=folder, tag=tag, port=0, recordings=recordings)

    with serving(Handler) as port:
        yield Site(folder=folder, tag=tag, port=port, recordings=recordings)


class _Handler(QuietHandler):
    site: Site

    def answer(self) -> None:
        address = urlsplit(self.path)
        self.read_body()
        if self.command == "GET":
            self._send(_get(self.site, address.path, address.query))
        elif address.path == "/api/fail":
            self._send(_Answer(body=b"<h1>Out of order</h1>", status=500))
        else:
            self._send(_Answer(body=b'{"ok": true}', kind="application/json"))

    def _send(self, answer: _Answer) -> None:
        self.send_response(answer.status)
        self.send_header("content-type", answer.kind)
        self.send_header("content-length", str(len(answer.body)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(answer.body)


def _get(site: Site, path: str, query: str) -> _Answer:
    if path.startswith("/-replay/"):
        return _replay(site, path.removeprefix("/-replay/"))
    if path == "/api/posts":
        return _posts(int(parse_qs(query)["from"][0]), int(parse_qs(query)["count"][0]))
    if picture := _PICTURE.fullmatch(path):
        return _picture(int(picture[1]))
    file = _find(site.folder, path)
    if file is None:
        return _Answer(body=b"not found", status=404)
    content = file.read_bytes()
    if file.name == "index.html":
        content = _HEAD.sub(lambda head: head[0] + b"\n" + site.tag.encode(), content, count=1)
    return _Answer(body=content, kind=mimetypes.guess_type(file.name)[0] or "application/octet-stream")


def _find(folder: Path, path: str) -> Path | None:
    """Find the file of a path; what has no suffix is a route of its folder's page."""
    parts = [part for part in path.split("/") if part not in {"", ".."}]
    if not parts:
        parts = ["index.html"]
    elif "." not in parts[-1]:
        parts = [parts[0], "index.html"] if (folder / parts[0] / "index.html").is_file() else ["index.html"]
    file = folder.joinpath(*parts)
    return file if file.is_file() else None


def _replay(site: Site, name: str) -> _Answer:
    if name == "":
        return _Answer(body=_REPLAY.read_bytes())
    if name in site.recordings:
        return _Answer(body=site.recordings[name], kind="application/x-ndjson")
    file = REPLAYER / name
    if not file.is_file():
        return _Answer(body=b"not found", status=404)
    kind = "text/css" if file.suffix == ".css" else "text/javascript"
    return _Answer(body=file.read_bytes(), kind=kind)


def _posts(first: int, count: int) -> _Answer:
    posts = [
        {"id": i, "title": f"Post {i}", "text": "Something small happened, and someone wrote it down. " * 4}
        for i in range(first, first + count)
    ]
    return _Answer(body=json.dumps({"posts": posts}).encode(), kind="application/json")


def _picture(number: int) -> _Answer:
    hue = number * 37 % 360
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="560" height="160">'
        f'<rect width="560" height="160" fill="hsl({hue} 45% 70%)"/>'
        f'<circle cx="{60 + number * 40 % 440}" cy="80" r="46" fill="hsl({hue} 60% 40%)"/></svg>'
    )
    return _Answer(body=drawing.encode(), kind="image/svg+xml")
