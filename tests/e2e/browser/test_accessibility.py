from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

# What the recorded page does wrong is not the dashboard's.
RUN = """async () => {
  const { violations } = await axe.run({ exclude: [["iframe"]] }, { iframes: false });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}"""
# The list and the pages are quiet once what they show has come.
QUIET = "() => !document.querySelector('[class*=Skeleton], [class*=Loader]')"
PAGES = (
    "sessions",
    "sessions/{struggle}",
    "overview",
    "settings/keys",
    "settings/masking",
    "settings/system",
)


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def signed_in(
    browser: Browser, sign_in_url: Callable[[], str], axe: str, scheme: Any
) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    context.add_init_script(axe)
    page = context.new_page()
    page.goto(sign_in_url())
    page.wait_for_url("**/p/default/sessions")
    page.close()
    yield context
    context.close()


@pytest.mark.parametrize("place", PAGES)
def test_axe_finds_nothing_serious(place: str, signed_in: BrowserContext, visits: Any, stack: Any) -> None:
    page = signed_in.new_page()
    page.goto(f"{stack.url}/p/default/{place.format(struggle=visits.struggle)}")

    assert serious(page) == []

    page.close()


def test_axe_finds_nothing_serious_on_the_sign_in_page(
    browser: Browser, axe: str, stack: Any, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme)
    context.add_init_script(axe)
    page = context.new_page()
    page.goto(f"{stack.url}/sign-in")

    assert serious(page) == []

    context.close()


def test_axe_finds_nothing_serious_on_a_narrow_screen(
    signed_in: BrowserContext, visits: Any, stack: Any
) -> None:
    page = signed_in.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{stack.url}/p/default/sessions/{visits.struggle}")

    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.close()


def serious(page: Page) -> list[str]:
    page.wait_for_selector("h1")
    page.wait_for_function(QUIET)
    return list(page.evaluate(RUN))
