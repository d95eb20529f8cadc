"""A visit that happens now: a headless Chromium in the demo shop, recorded by the SDK and sent to ingest."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from random import Random

from traceflow.cluster.demo.hand import Hand
from traceflow.cluster.demo.shop_server import serve_shop
from traceflow.models.errors import Unavailable

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_VISITOR = {
    "name": "Erika Mustermann",
    "email": "erika.mustermann@example.com",
    "phone": "+49 30 23125 042",
    "card": "4111 1111 1111 1111",
}
# The default profile calls a click dead after 7 s.
_DEAD_SILENCE_S = 7.3
_SEED = 20417


def find_browser() -> Path | None:
    """Return a Chromium that can be driven from here; None where one, or what drives it, is missing."""
    if find_spec("playwright") is None:
        return None
    found = (shutil.which(name) for name in _BROWSERS)
    return next((Path(path) for path in found if path is not None), None)


async def visit_live(browser: Path, *, url: str, ingest_key: str) -> str:
    """Visit the shop as somebody for whom it does not work; returns the session's id.

    Raises Unavailable where the browser does not start or the SDK does not record.
    """
    from playwright.async_api import Error, async_playwright  # noqa: PLC0415 - an extra

    # Chromium's sandbox needs a user of its own.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with serve_shop(sdk_url=f"{url}/ingest/v1/sdk.js", ingest_key=ingest_key) as shop:
        try:
            async with async_playwright() as playwright:
                chromium = await playwright.chromium.launch(executable_path=browser, args=flags)
                page = await chromium.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
                hand = Hand(page, Random(_SEED))  # noqa: S311 - jitter
                await page.goto(shop)
                await page.wait_for_function("() => window.traceflow?.getSessionId?.()", timeout=10_000)
                await _struggle(hand)
                session_id: str = await page.evaluate("() => window.traceflow.getSessionId()")
                await page.evaluate("() => window.traceflow.stop()")
                await chromium.close()
        except Error as error:
            raise Unavailable(f"the live visit failed: {error.message.splitlines()[0]}") from error
    return session_id


async def _struggle(hand: Hand) -> None:
    """Meet an offer that is a picture, and a payment that throws."""
    await hand.move_to(520, 330)
    await hand.follow('.card[href$="id=fjord"]', "/product.html")
    await hand.wait(0.6)
    await hand.click("#offer")
    await hand.wait(_DEAD_SILENCE_S)
    await hand.click("#add")
    await hand.wait(0.6)
    await hand.follow("#view-basket", "/cart.html")
    await hand.wait(0.5)
    await hand.follow("#to-checkout", "/checkout.html")
    await hand.wait(0.5)
    for field, text in _VISITOR.items():
        await hand.fill(f"#{field}", text)
    await hand.click("#pay")
    await hand.wait(1.0)
    await hand.rage(6)
    await hand.wait(0.5)
    await hand.thrash(28)
    await hand.wait(_DEAD_SILENCE_S)
