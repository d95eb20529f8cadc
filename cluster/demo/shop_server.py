"""The demo shop on a port of its own, with TraceFlow's script tag in every page."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Thread
from urllib.parse import urlsplit


@contextmanager
def serve_shop(*, sdk_url: str, ingest_key: str) -> Iterator[str]:
    """Serve the shop on a free loopback port while the block runs; gives its address.

    Browsers take every name under localhost for loopback (RFC 6761), and a name is no IP address to tokenize.
    """
    tag = f'<script async src="{escape(sdk_url)}" data-key="{escape(ingest_key)}"></script>'
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Shop, _pages(tag))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://shop.localhost:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _pages(tag: str) -> dict[str, tuple[str, bytes]]:
    pages = {}
    for file in files("traceflow.cluster.demo").joinpath("shop").iterdir():
        content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        content = file.read_bytes()
        if file.name.endswith(".html"):
            content = content.replace(b"</head>", tag.encode() + b"</head>", 1)
        pages[f"/{file.name}"] = (content_type, content)
    return {**pages, "/": pages["/index.html"]}


class _Shop(BaseHTTPRequestHandler):
    # Pages are asked for on connections that browsers keep open.
    protocol_version = "HTTP/1.1"

    def __init__(self, pages: dict[str, tuple[str, bytes]], *connection: object) -> None:
        self._pages = pages
        super().__init__(*connection)  # type: ignore[arg-type]  # what the server hands over

    def do_GET(self) -> None:
        page = self._pages.get(urlsplit(self.path).path)
        if page is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content_type, content = page
        self.send_response(HTTPStatus.OK)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the base class' name
        """Say nothing: the command line's output is the story."""
