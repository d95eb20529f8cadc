"""The web SDK's files as pages load them: the script-tag bundle and what it loads where it must."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from traceflow.serve.ingest.answer import CORS, Answer
from traceflow.serve.problem import problem
from traceflow.serve.web_files.reader import WebFile, WebFiles

# Pages ask for the bundle under one name for good, so a new version must be seen soon.
_BUNDLE_CACHE = b"public, max-age=300"
# The other files carry a hash of their content in their names.
_PART_CACHE = b"public, max-age=31536000, immutable"

_PATH = re.compile(r"/ingest/v1/sdk(?:\.js|/(traceflow-[A-Za-z0-9.-]{1,100}\.js))\Z")
_BUNDLE = "traceflow.js"


def file_of(path: str) -> str | None:
    """Return the name of the file that the path asks for; None where it asks for none."""
    found = _PATH.match(path)
    if found is None:
        return None
    part: str | None = found.group(1)
    return part or _BUNDLE


class SdkBundle:
    """Answers for the SDK's files; needs no key."""

    def __init__(self, files: WebFiles) -> None:
        self._files = files

    def answer(self, name: str, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
        """Return the file as the header lines ask for it. Blocks while it is read for the first time."""
        file = self._files.find(name)
        if file is None:
            return _missing(name)
        lines = {line: value.decode("latin-1") for line, value in headers}
        cache = _BUNDLE_CACHE if name == _BUNDLE else _PART_CACHE
        shared = (
            (b"cache-control", cache),
            (b"etag", file.etag.encode()),
            (b"vary", b"accept-encoding"),
            # A page that isolates itself (COEP) loads only what says that it may be loaded from elsewhere.
            (b"cross-origin-resource-policy", b"cross-origin"),
            (b"x-content-type-options", b"nosniff"),
            *CORS,
        )
        if _is_known(lines.get(b"if-none-match", ""), file.etag):
            return Answer(status=HTTPStatus.NOT_MODIFIED, headers=shared)
        return _whole(file, shared, accepted=lines.get(b"accept-encoding", ""))


def _whole(file: WebFile, shared: tuple[tuple[bytes, bytes], ...], *, accepted: str) -> Answer:
    framing: tuple[tuple[bytes, bytes], ...] = ((b"content-type", file.content_type.encode()),)
    body = file.content
    if file.gzip is not None and _takes_gzip(accepted):
        body = file.gzip
        framing = (*framing, (b"content-encoding", b"gzip"))
    length = (b"content-length", b"%d" % len(body))
    return Answer(status=HTTPStatus.OK, headers=(*framing, length, *shared), body=body)


def _is_known(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as RFC 9110 has it for If-None-Match."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def _takes_gzip(accept_encoding: str) -> bool:
    for offer in accept_encoding.lower().split(","):
        coding, _, parameters = offer.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return re.fullmatch(r"\s*q=0(\.0*)?\s*", parameters) is None
    return False


def _missing(name: str) -> Answer:
    if name == _BUNDLE:
        detail = "The SDK's bundle has not been built: run `make web`."
        refused = problem(HTTPStatus.NOT_FOUND, code="not_built", detail=detail)
    else:
        refused = problem(HTTPStatus.NOT_FOUND, code="not_found", detail="There is no such file of the SDK.")
    return Answer(status=refused.status, headers=(*refused.headers, *CORS), body=refused.body)
