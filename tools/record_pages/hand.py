"""A visitor's hand: clicks, types and moves as a person does, somewhat faster."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

_KEYSTROKE_MS = 12
_THOUGHT_MS = 120
# rrweb looks at scrolling every 100 ms and at the cursor every 500: what came last is told by then.
_REST_MS = 600
_ALL_ANIMATIONS_OVER = """() => document.getAnimations().every(
  ({ playState, effect }) => playState !== "running" || effect.getComputedTiming().iterations === Infinity)"""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """The page in front of a visitor, and the personal data that this visitor would type."""

    page: Page
    # What plants personal data and remembers it: tests/canary.py.
    person: Any

    def click(self, where: str | Locator) -> None:
        self._at(where).click()
        self.think()

    def write(self, where: str | Locator, text: str) -> None:
        """Click into a field and type, key by key."""
        self._at(where).click()
        self.page.keyboard.type(text, delay=_KEYSTROKE_MS)
        self.think()

    def think(self, times: int = 1) -> None:
        self.page.wait_for_timeout(_THOUGHT_MS * times)

    def wheel(self, distance: int, *, times: int = 1) -> None:
        for _ in range(times):
            self.page.mouse.wheel(0, distance)
            self.think()

    @contextmanager
    def held(self, where: str | Locator, *, x: float, y: float) -> Iterator[tuple[float, float]]:
        """Hold the button down at a place within an element; yield the element's corner."""
        box = self._at(where).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        self.page.mouse.down()
        yield box["x"], box["y"]
        self.page.mouse.up()
        self.think()

    def settle(self) -> None:
        """Let everything come to rest and take the cursor away from what it could hover over."""
        self.page.mouse.move(1, 1)
        self.page.wait_for_function(_ALL_ANIMATIONS_OVER)
        self.page.wait_for_timeout(_REST_MS)

    def _at(self, where: str | Locator) -> Locator:
        return self.page.locator(where).first if isinstance(where, str) else where
