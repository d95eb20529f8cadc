"""The system's Chromium, headless."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def chromium_path() -> str | None:
    """Return where Chromium is: ``CHROMIUM_PATH``, or on PATH."""
    return os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")  # noqa: TID251 - no setting of ours


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """Run a browser until the end; exits in words where there is none."""
    path = chromium_path()
    if path is None:
        raise SystemExit("no Chromium: apt-get install chromium, or set CHROMIUM_PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()
