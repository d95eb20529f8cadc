import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PAGES = "/p/default/sessions"
CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d)")
PICTURE_MS = 15_000


def open_session(page: Page, stack: Any, session_id: str, query: str = "") -> None:
    page.goto(f"{stack.url}{PAGES}/{session_id}{query}")
    expect(picture(page).locator("h1, h2").first).to_be_visible(timeout=PICTURE_MS)


def picture(page: Page) -> Any:
    return page.frame_locator("main iframe").first


def at_s(page: Page) -> int:
    """Read the player's clock."""
    return seconds(page.get_by_text(re.compile(r"\d:\d\d\s*/\s*\d+:\d\d")).first)


def seconds(shown: Locator) -> int:
    found = CLOCK.search(shown.inner_text())
    assert found is not None
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def control(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True).last


def test_a_session_opened_from_the_list_shows_the_page_that_was_visited(
    dashboard: Any, visits: Any, stack: Any
) -> None:
    page = dashboard.page
    page.goto(f"{stack.url}{PAGES}")

    page.locator(f"a[href='{PAGES}/{visits.struggle}']").click()

    page.wait_for_url(f"**{PAGES}/{visits.struggle}*")
    expect(picture(page).locator("h1, h2").first).to_be_visible(timeout=PICTURE_MS)


def test_playing_moves_the_clock_and_pausing_stops_it(dashboard: Any, visits: Any, stack: Any) -> None:
    page = dashboard.page
    open_session(page, stack, visits.struggle)

    control(page, "Play").click()
    expect(page.get_by_text(re.compile(r"0:0[2-9]\s*/")).first).to_be_visible(timeout=PICTURE_MS)
    control(page, "Pause").click()

    stopped_s = at_s(page)
    expect(control(page, "Play")).to_be_visible()
    page.wait_for_timeout(1_500)
    assert at_s(page) == stopped_s


def test_a_finding_seeks_the_player_to_the_moment_that_it_cites(
    dashboard: Any, visits: Any, stack: Any
) -> None:
    page = dashboard.page
    open_session(page, stack, visits.struggle)
    session = stack.document(f"/sessions/{visits.struggle}")
    insight = stack.document(f"/sessions/{visits.struggle}/insights")["items"][0]
    cited_s = (insight["findings"][0]["evidence"][0]["at_ms"] - session["started_at_ms"]) // 1000

    moment = page.get_by_role("button", name=re.compile("^Go to ")).first
    expect(moment).to_be_visible()
    assert seconds(moment) == cited_s
    moment.click()

    expect(page.get_by_text(re.compile(r"0:00\s*/"))).to_have_count(0, timeout=PICTURE_MS)
    assert abs(at_s(page) - cited_s) <= 1


def test_next_signal_seeks_to_a_signal(dashboard: Any, visits: Any, stack: Any) -> None:
    page = dashboard.page
    open_session(page, stack, visits.struggle)
    session = stack.document(f"/sessions/{visits.struggle}")
    signals = stack.document(f"/sessions/{visits.struggle}/signals")["items"]
    # The player stands where the struggle began, not where it was found to be one.
    begun = {min(e["at_ms"] for e in signal["evidence"]) - session["started_at_ms"] for signal in signals}

    page.get_by_role("button", name="Next signal").click()

    expect(page.get_by_text(re.compile(r"0:0[01]\s*/"))).to_have_count(0, timeout=PICTURE_MS)
    assert min(abs(at_s(page) * 1000 - each) for each in begun) <= 4_000


def test_a_shared_link_opens_at_the_moment_it_was_copied_at(dashboard: Any, visits: Any, stack: Any) -> None:
    page = dashboard.page
    open_session(page, stack, visits.struggle)
    page.get_by_role("button", name=re.compile("^Go to ")).first.click()
    expect(page.get_by_text(re.compile(r"0:00\s*/"))).to_have_count(0, timeout=PICTURE_MS)
    shared_s = at_s(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")

    other = page.context.new_page()
    other.goto(link)

    expect(picture(other).locator("body")).to_be_visible(timeout=PICTURE_MS)
    assert re.search(r"[?&]t=\d+", link)
    assert abs(at_s(other) - shared_s) <= 1
    other.close()


def test_the_player_can_be_used_by_keyboard(dashboard: Any, visits: Any, stack: Any) -> None:
    page = dashboard.page
    open_session(page, stack, visits.struggle)

    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(re.compile(r"0:05\s*/")).first).to_be_visible(timeout=PICTURE_MS)
    page.keyboard.press(" ")
    expect(control(page, "Pause")).to_be_visible()
    page.keyboard.press(" ")

    expect(control(page, "Play")).to_be_visible()


def test_what_is_masked_is_shown_as_masked(dashboard: Any, visits: Any, stack: Any) -> None:
    page = dashboard.page
    open_session(page, stack, visits.struggle)
    recording = b"\n".join(stack.recording_lines(visits.struggle))

    body = page.locator("main").inner_text()

    assert b"[EMAIL:" in recording
    assert "@example.com" not in body


@pytest.mark.parametrize("panel", ["Signals", "Events", "Console", "Network", "Details"])
def test_every_panel_opens(panel: str, dashboard: Any, visits: Any, stack: Any) -> None:
    page = dashboard.page
    open_session(page, stack, visits.struggle)

    tab = page.get_by_role("tab", name=re.compile(panel))
    tab.click()

    expect(tab).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).not_to_be_empty()
