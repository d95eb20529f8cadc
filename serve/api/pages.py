"""The dashboard's files; what is no file is its page, so that each of its addresses can be opened."""

import asyncio
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from traceflow.serve.api.gate import AsgiApp, AsgiScope, Receive, Send
from traceflow.serve.api.negotiation import accepts_gzip
from traceflow.serve.web_files.reader import WebFile, WebFiles

INDEX = "index.html"
ASSETS = "assets/"

# Doors of programs: whoever misspells an address of theirs is told so, and gets no page.
_OTHER_DOORS = ("api", "ingest", "runner", "llm", "live", "healthz", "readyz", "metrics", "-")

# Recordings are replayed in a frame that inherits this policy: their styles, images and fonts come from the
# sources that a setting names, their scripts from nowhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline' {sources}; "
    "img-src 'self' {sources} data: blob:; font-src 'self' {sources} data:; "
    "media-src 'self' {sources} data: blob:; connect-src 'self'; frame-src 'self' blob: data:; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# A bundler writes a hash of the content into an asset's name.
_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATED = "no-cache"

_NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>TraceFlow</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}</style>
<h1>The dashboard is not built</h1>
<p>Run <code>make web</code> in TraceFlow's repository, then load this page again.</p>
</html>
"""


class Pages:
    """An ASGI app for what no route answers; what is none of the dashboard's goes on to ``otherwise``."""

    def __init__(self, files: WebFiles, *, replay_sources: str, otherwise: AsgiApp) -> None:
        self._files = files
        self._otherwise = otherwise
        self._security = {
            "content-security-policy": " ".join(_POLICY.format(sources=replay_sources).split()),
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or _is_other_door(scope["path"]):
            await self._otherwise(scope, receive, send)
            return
        path = scope["path"].lstrip("/")
        file = await self._find(path or INDEX)
        if file is not None:
            cached = _IMMUTABLE if path.startswith(ASSETS) else _REVALIDATED
            await self._response(Request(scope), file, cached)(scope, receive, send)
        elif path.startswith(ASSETS):
            # An asset of a version that is gone: a page in its place would be run as a script.
            await self._otherwise(scope, receive, send)
        else:
            await (await self._index(Request(scope)))(scope, receive, send)

    async def _index(self, request: Request) -> Response:
        index = await self._find(INDEX)
        if index is None:
            headers = {**self._security, "cache-control": "no-store"}
            return Response(
                _NOT_BUILT, status_code=HTTPStatus.NOT_FOUND, headers=headers, media_type="text/html"
            )
        return self._response(request, index, _REVALIDATED)

    async def _find(self, path: str) -> WebFile | None:
        # The first read of a file reads the disk and compresses.
        return await asyncio.to_thread(self._files.find, path)

    def _response(self, request: Request, file: WebFile, cached: str) -> Response:
        headers = {**self._security, "cache-control": cached, "etag": file.etag, "vary": "Accept-Encoding"}
        if _is_fresh(request.headers.get("if-none-match"), file.etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        content = file.content
        if file.gzip is not None and accepts_gzip(request.headers.get("accept-encoding")):
            content = file.gzip
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(content))
        headers["content-type"] = file.content_type
        return Response(b"" if request.method == "HEAD" else content, headers=headers)


def _is_other_door(path: str) -> bool:
    return path.lstrip("/").partition("/")[0] in _OTHER_DOORS


def _is_fresh(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    # Weak comparison (RFC 9110, 8.8.3.2): the tag's own `W/` does not count.
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags
