"""How soon the dashboard shows what was asked for, in Chromium, nothing cached."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

_VITALS = Path(__file__).with_name("vitals.js").read_text()
_LONG_MS = 50.0
# Nothing long within this time after the last that was: Lighthouse asks for 5 s, of a page that loads more.
_QUIET_MS = 1_000
_TIMEOUT_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One page, loaded once; milliseconds since its navigation began."""

    page: str
    first_contentful_paint_ms: float
    largest_contentful_paint_ms: float
    total_blocking_ms: float
    cumulative_layout_shift: float
    shown_ms: float
    interactive_ms: float
    transferred_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstFrame:
    """One session's first picture: from its address, and from a click in the list."""

    mebibytes: int
    from_address_ms: float
    from_list_ms: float


class Reader:
    """Somebody who is signed in, with a browser that has seen nothing yet."""

    def __init__(self, browser: Browser, url: str, cookies: list[Any]) -> None:
        self._browser = browser
        self._url = url
        self._cookies = cookies

    def load(self, path: str, *, shown: str) -> Load:
        """Load a page and wait until ``shown`` holds and the main thread is quiet."""
        with self._tab() as page:
            page.goto(f"{self._url}{path}")
            shown_ms = _await_found(page, shown)
            page.wait_for_timeout(_QUIET_MS)
            seen = page.evaluate("__bench")
            transferred = page.evaluate(
                "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
                ".reduce((sum, { transferSize }) => sum + transferSize, 0)"
            )
        blocking = [(start, length) for start, length in seen["long"] if start >= seen["fcp"]]
        last_ms = max((start + length for start, length in blocking), default=0.0)
        return Load(
            page=path,
            first_contentful_paint_ms=seen["fcp"],
            largest_contentful_paint_ms=seen["lcp"],
            total_blocking_ms=sum(length - _LONG_MS for _, length in blocking),
            cumulative_layout_shift=seen["cls"],
            shown_ms=shown_ms,
            interactive_ms=max(shown_ms, last_ms),
            transferred_bytes=transferred,
        )

    def first_frame(self, session_id: str, *, mebibytes: int) -> FirstFrame:
        """Open a session by its address, then, in a fresh browser, by its link in the list."""
        path = f"/p/default/sessions/{session_id}"
        with self._tab() as page:
            page.goto(f"{self._url}{path}")
            from_address_ms = _await_found(page, "frame")
        with self._tab() as page:
            page.goto(f"{self._url}/p/default/sessions?q={session_id}")
            link = page.locator(f"a[href='{path}']")
            link.wait_for(timeout=_TIMEOUT_MS)
            page.wait_for_timeout(_QUIET_MS)
            clicked_ms = page.evaluate(
                "(path) => { const now = performance.now();"
                " document.querySelector(`a[href='${path}']`).click(); return now; }",
                path,
            )
            from_list_ms = _await_found(page, "frame") - clicked_ms
        return FirstFrame(mebibytes=mebibytes, from_address_ms=from_address_ms, from_list_ms=from_list_ms)

    @contextmanager
    def _tab(self) -> Iterator[Page]:
        context = self._browser.new_context(viewport={"width": 1440, "height": 900})
        try:
            context.add_cookies(self._cookies)
            context.add_init_script(_VITALS)
            yield context.new_page()
        finally:
            context.close()


def sign_in(browser: Browser, url: str, sign_in_url: str) -> Reader:
    """Spend the link."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(sign_in_url)
        page.wait_for_url("**/p/default/sessions")
        return Reader(browser, url, context.cookies())
    finally:
        context.close()


def load_figures(loads: list[Load]) -> dict[str, dict[str, float]]:
    """Return medians by page."""
    names = [name for name in Load.__dataclass_fields__ if name != "page"]
    return {
        path: {name: median(getattr(load, name) for load in loads if load.page == path) for name in names}
        for path in dict.fromkeys(load.page for load in loads)
    }


def frame_figures(frames: list[FirstFrame]) -> dict[str, dict[str, float]]:
    """Return medians by size."""
    return {
        str(size): {
            name: median(getattr(frame, name) for frame in frames if frame.mebibytes == size)
            for name in ("from_address_ms", "from_list_ms")
        }
        for size in sorted({frame.mebibytes for frame in frames})
    }


def _await_found(page: Page, name: str) -> float:
    found = page.wait_for_function(
        "(name) => __bench.found[name] ?? false", arg=name, timeout=_TIMEOUT_MS, polling=50
    )
    return float(found.json_value())
