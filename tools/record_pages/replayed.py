"""Loads a recording in rrweb's Replayer, in Chromium, and says what was complained of and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage

from tools.record_pages.end_state import DESCRIBE
from tools.record_pages.site import Site

_LOAD_TIMEOUT_MS = 60_000
# Going to the end passes over the moments at which media were played and paused; no frame is awaited.
_OF_THE_JUMP = "The play() request was interrupted by a call to pause()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A recording that was replayed to its end."""

    events: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    end_state: Mapping[str, Any]


def replay(
    browser: Browser, site: Site, *, name: str, recording: bytes, base: str, answers: Path | None = None
) -> Replay:
    """Replay NDJSON to its end; ``base`` is the address that links were relative to.

    Where that address is nobody's, ``answers`` is the folder with what would be there.
    """
    site.recordings[name] = recording
    errors: list[str] = []
    warnings: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            (errors if message.type == "error" else warnings).append(_in_words(message))

    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(_LOAD_TIMEOUT_MS)
    if answers is not None:
        page.route(
            f"{base}**", lambda route: route.fulfill(path=answers / urlsplit(route.request.url).path[1:])
        )
    try:
        page.on("console", heard)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{site.url}/-replay/")
        loaded = page.evaluate("(name) => load(name)", name)
        handle = page.evaluate_handle("() => replayed()")
        state = page.evaluate(DESCRIBE, [handle, base])
    finally:
        page.close()
        del site.recordings[name]
    return Replay(
        events=loaded["events"],
        errors=tuple(error for error in errors if _OF_THE_JUMP not in error),
        warnings=tuple(warnings),
        end_state=state,
    )


def _in_words(message: ConsoleMessage) -> str:
    where = message.location.get("url", "")
    return f"{message.text} ({where})" if where and where not in message.text else message.text
