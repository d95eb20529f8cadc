"""A visitor's hand in a real browser: moves, presses and types at a person's pace."""

import asyncio
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import Page

_STEPS = 11
_STEP_S = 0.03
# Slower than rrweb's sampling of the mouse (50 ms), so that each turn is kept.
_TURN_S = 0.066
_PRESS_EVERY_S = 0.135


class Hand:
    """Drives one page's mouse and keyboard."""

    def __init__(self, page: "Page", rng: Random) -> None:
        self.page = page
        self._rng = rng
        self._x, self._y = 640.0, 420.0

    async def wait(self, seconds: float) -> None:
        """Look at the page for a while."""
        await asyncio.sleep(seconds)

    async def move_to(self, x: float, y: float) -> None:
        """Glide there in a slight curve."""
        from_x, from_y = self._x, self._y
        bend = (self._rng.random() - 0.5) * 24
        for step in range(1, _STEPS + 1):
            way = step / _STEPS
            eased = way * way * (3 - 2 * way)
            away = 4 * way * (1 - way) * bend
            await self.page.mouse.move(from_x + (x - from_x) * eased + away, from_y + (y - from_y) * eased)
            await asyncio.sleep(_STEP_S)
        self._x, self._y = x, y

    async def click(self, selector: str) -> None:
        """Move onto the element and press."""
        box = await self.page.locator(selector).first.bounding_box()
        if box is None:
            raise LookupError(f"{selector} is not to be seen")
        across = 0.4 + 0.2 * self._rng.random()
        await self.move_to(box["x"] + box["width"] * across, box["y"] + box["height"] / 2)
        await asyncio.sleep(0.15)
        await self._press()

    async def follow(self, selector: str, path: str) -> None:
        """Click a link and be on its page, loaded."""
        async with self.page.expect_navigation(url=lambda url: urlsplit(url).path == path, wait_until="load"):
            await self.click(selector)

    async def fill(self, selector: str, text: str) -> None:
        """Click into a field and type."""
        await self.click(selector)
        await asyncio.sleep(0.2)
        await self.page.keyboard.type(text, delay=35)
        await asyncio.sleep(0.2)

    async def rage(self, presses: int) -> None:
        """Press the same spot again and again."""
        for _ in range(presses):
            await self._press()
            await asyncio.sleep(_PRESS_EVERY_S)

    async def thrash(self, turns: int) -> None:
        """Throw the cursor from side to side."""
        x, y = self._x, self._y
        for turn in range(turns):
            jitter = self._rng.random() * 14
            await self.page.mouse.move(x - 90 + (turn % 2) * 150 + jitter, y - 40 + jitter)
            await asyncio.sleep(_TURN_S)

    async def _press(self) -> None:
        await self.page.mouse.down()
        await asyncio.sleep(0.045)
        await self.page.mouse.up()
