import gzip
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
# The tools of the repository are no installed package. Behind all that is, so that nothing is hidden.
sys.path.append(str(ROOT))

BUILT = ROOT / "serve" / "web_files"
SHOP = "https://shop.example/"
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A hook of a folder's conftest is called with the items of all folders.
    ours = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    reason = lacking()
    for item in ours if reason else ():
        item.add_marker(pytest.mark.skip(reason=reason))


def lacking() -> str:
    if shutil.which("chromium") is None:
        return "chromium is not on PATH: apt-get install chromium"
    if not (BUILT / "sdk" / "traceflow.js").is_file() or not (BUILT / "dashboard" / "index.html").is_file():
        return "the SDK and the dashboard are not built: make web"
    return "" if AXE.is_file() else "axe-core is missing: make web"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A page that has been opened, and what went wrong on it."""

    page: Page
    complaints: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a past."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    yield context
    context.close()


@pytest.fixture(scope="session")
def web_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a folder with a site of one's own: ``index.html`` by route."""

    def make(**routes: str) -> Path:
        folder = tmp_path_factory.mktemp("site")
        for route, body in routes.items():
            place = folder if route == "index" else folder / route
            place.mkdir(exist_ok=True)
            document = f"<!doctype html><html><head><title>{route}</title></head><body>{body}</body></html>"
            (place / "index.html").write_text(document)
        return folder

    return make


@pytest.fixture
def listen() -> Callable[[Page], Heard]:
    def start(page: Page) -> Heard:
        complaints: list[str] = []

        def heard(message: Any) -> None:
            if message.type == "error":
                complaints.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Heard(page=page, complaints=complaints)

    return start


@pytest.fixture(scope="session")
def axe() -> str:
    return AXE.read_text()


@dataclass(frozen=True, kw_only=True)
class Visits:
    """The two bundled visits, in the stack as of just now."""

    struggle: str
    calm: str


@pytest.fixture(scope="session")
def ingest_visit(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Send a bundled visit as if it had ended just now; return its session."""

    def ingest(name: str) -> str:
        packed = files("traceflow.cluster.demo").joinpath(f"{name}.json.gz").read_bytes()
        events = json.loads(gzip.decompress(packed))["events"]
        later_ms = time.time_ns() // 1_000_000 - events[-1]["timestamp"]
        moved = [{**event, "timestamp": event["timestamp"] + later_ms} for event in events]
        file = tmp_path_factory.mktemp("visit") / f"{name}.json"
        file.write_text(json.dumps({"events": moved}))
        told = stack.run("ingest", str(file), "--json")
        assert told.returncode == 0, told.stderr
        return str(json.loads(told.stdout)["session_id"])

    return ingest


@pytest.fixture(scope="session")
def visits(stack: Any, ingest_visit: Callable[[str], str]) -> Visits:
    sent = Visits(struggle=ingest_visit("struggle"), calm=ingest_visit("calm"))
    stack.await_session(sent.calm)
    stack.await_insight(sent.struggle)
    return sent


@pytest.fixture(scope="session")
def sign_in_url(stack: Any) -> Callable[[], str]:
    """Make a link that signs in once."""

    def make() -> str:
        told = stack.run("sign-in", "--json")
        assert told.returncode == 0, told.stderr
        return str(json.loads(told.stdout)["sign_in_url"])

    return make


@pytest.fixture(scope="module")
def reader(browser: Browser, sign_in_url: Callable[[], str]) -> Iterator[BrowserContext]:
    """A browser that is signed in to the dashboard."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    # The bundled visits were to an address that is nobody's; their pictures ask it for style sheets.
    context.route(f"{SHOP}**", lambda route: route.fulfill(path=shop_file(route.request.url)))
    page = context.new_page()
    page.goto(sign_in_url())
    page.wait_for_url("**/p/default/sessions")
    page.close()
    yield context
    context.close()


def shop_file(url: str) -> Path:
    return Path(str(files("traceflow.cluster.demo"))) / "shop" / urlsplit(url).path[1:]


@pytest.fixture
def dashboard(reader: BrowserContext, listen: Callable[[Page], Heard]) -> Iterator[Heard]:
    """A tab of the dashboard; whatever it does, nothing is complained of."""
    heard = listen(reader.new_page())
    yield heard
    heard.page.close()
    assert heard.complaints == []
