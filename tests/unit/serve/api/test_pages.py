import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest

from traceflow.models.access.scope import Scope
from traceflow.serve.api.pages import Pages
from traceflow.serve.web_files.reader import WebFiles

INDEX = b"<!doctype html><title>TraceFlow</title>" + b"<p>page</p>" * 100
SCRIPT = b"export const answer = 42;\n" * 100


@pytest.fixture
def built(world: Any) -> Any:
    folder: Path = world.dashboard
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "assets" / "index-abc123.js").write_bytes(SCRIPT)
    (folder / "icon.svg").write_bytes(b"<svg/>")
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_bytes(b"{}")
    (folder.parent / "secret.txt").write_bytes(b"secret")
    return world


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/p/default/sessions",
        "/p/default/sessions/s-1",
        "/p/apiary/overview",
        "/nothing",
        "/index.html",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets%2f..%2f..%2fsecret.txt",
        "/.vite/manifest.json",
        "/a%00b",
    ],
)
async def test_what_is_no_file_is_the_dashboards_page(built: Any, path: str) -> None:
    async with built.client(None) as client:
        answer = await client.get(path)

    if path.startswith("/assets"):
        assert answer.status_code == 404
        return
    assert (answer.status_code, answer.content) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_page_runs_no_scripts_but_its_own_and_stands_in_no_frame(built: Any) -> None:
    async with built.client(None) as client:
        headers = (await client.get("/")).headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("sources", "images"),
    [("", "'self' data: blob:"), ("https://shop.example", "'self' https://shop.example data: blob:")],
)
async def test_a_replay_asks_nobody_but_the_sources_that_are_set(
    sources: str, images: str, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_bytes(INDEX)
    pages = Pages(WebFiles(tmp_path), replay_sources=sources, otherwise=_nobody)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(pages),  # type: ignore[arg-type]  # a wider scope
        base_url="http://dashboard",
    ) as client:
        headers = (await client.get("/")).headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["img-src"] == images


async def _nobody(*_: object) -> None:
    raise AssertionError


async def test_an_asset_is_kept_for_a_year(built: Any) -> None:
    async with built.client(None) as client:
        answer = await client.get("/assets/index-abc123.js")

    assert answer.content == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_an_asset_of_another_version_is_missing_and_no_page(built: Any) -> None:
    async with built.client(None) as client:
        answer = await client.get("/assets/index-old.js")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("identity", None), ("*", None)],
)
async def test_files_are_compressed_where_that_is_read(
    built: Any, accepted: str, encoding: str | None
) -> None:
    async with (
        built.client(None) as client,
        client.stream("GET", "/assets/index-abc123.js", headers={"accept-encoding": accepted}) as answer,
    ):
        content = b"".join([piece async for piece in answer.aiter_raw()])

    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(content) if encoding else content) == SCRIPT


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
async def test_what_a_browser_has_is_not_sent_again(built: Any, form: str) -> None:
    async with built.client(None) as client:
        tag = (await client.get("/")).headers["etag"]
        fresh = await client.get("/", headers={"if-none-match": form.format(tag=tag.removeprefix("W/"))})
        stale = await client.get("/", headers={"if-none-match": '"other"'})

    assert (fresh.status_code, fresh.content) == (304, b"")
    assert fresh.headers["etag"] == tag
    assert fresh.headers["content-security-policy"]
    assert stale.status_code == 200


@pytest.mark.parametrize("path", ["/", "/p/default/overview", "/assets/index-abc123.js"])
async def test_head_tells_what_get_would_send(built: Any, path: str) -> None:
    async with built.client(None) as client:
        whole, head = await client.get(path), await client.head(path)

    assert head.content == b""
    assert dict(head.headers) == dict(whole.headers)


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/ingest/v1/nothing", "/llm/v1/chat", "/metrics/x", "/-/x"]
)
async def test_other_doors_give_no_page(built: Any, path: str) -> None:
    async with built.client(built.keys.issue(Scope.READ)) as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_nothing_is_sent_to_a_page(built: Any) -> None:
    async with built.client(None) as client:
        assert (await client.post("/")).status_code == 404
        assert (await client.post("/assets/index-abc123.js")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/p/default/sessions"])
async def test_a_dashboard_that_is_not_built_says_how_to_build_it(world: Any, path: str) -> None:
    async with world.client(None) as client:
        answer = await client.get(path)

    assert answer.status_code == 404
    assert "make web" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_dashboard_built_later_is_there_without_a_restart(world: Any) -> None:
    async with world.client(None) as client:
        await client.get("/")
        world.dashboard.mkdir()
        (world.dashboard / "index.html").write_bytes(INDEX)

        assert (await client.get("/")).content == INDEX
