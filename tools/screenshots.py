"""Take the README's pictures: a live visit in the demo's stack, seen in the dashboard.

Usage: python -m tools.screenshots, with a demo's stack running (``--data-dir`` as everywhere).
"""

import asyncio
import os
from pathlib import Path

import typer
from playwright.async_api import async_playwright

from traceflow.cluster.cli.console import DataDirOption, open_data_dir
from traceflow.cluster.cli.sign_in import make_sign_in_url
from traceflow.cluster.client.api_client import ApiClient
from traceflow.cluster.demo.live_visit import find_browser
from traceflow.cluster.embedded.stack_state import read_state
from traceflow.cluster.stack_keys import DEFAULT_PROJECT, key_of
from traceflow.models.errors import Unavailable

_FOLDER = Path(__file__).parents[1] / "docs" / "images"
_SIZE = {"width": 1280, "height": 800}


def main(session_id: str, data_dir: DataDirOption = None) -> None:
    """Write ``docs/images/session.png``: the session at its first rage click."""
    place = open_data_dir(data_dir)
    browser = find_browser()
    state = read_state(place)
    if browser is None or state is None:
        raise Unavailable("this needs a running stack, a Chromium and the extra demo")
    api = ApiClient(url=state.url, key=key_of(place, "read_key"))
    try:
        started_at_ms = api.session(session_id).started_at_ms or 0
        rage = next(signal for signal in api.signals(session_id) if signal.kind == "rage_click")
    finally:
        api.close()
    page = f"/p/{DEFAULT_PROJECT}/sessions/{session_id}?t={rage.at_ms - started_at_ms}"
    asyncio.run(_take(browser, make_sign_in_url(place, page=page)))


async def _take(browser: Path, url: str) -> None:
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=browser, args=flags)
        page = await chromium.new_page(viewport=_SIZE)  # type: ignore[arg-type]  # a TypedDict of the same keys
        await page.goto(url)
        await page.frame_locator("iframe").first.locator("#pay").wait_for()
        await page.get_by_text("again and again").first.wait_for()
        _FOLDER.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=_FOLDER / "session.png")
        await chromium.close()


if __name__ == "__main__":
    typer.run(main)
