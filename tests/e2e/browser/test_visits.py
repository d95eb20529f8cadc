import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page
from tools.record_pages.site import Site, open_site
from tools.record_pages.tap import Tap, open_tap

from traceflow.cluster.cli.up import script_tag

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

NAVIGATION = '<nav><a href="/">home</a> <a href="/one">one</a> <a href="/two">two</a></nav>'
COUNTER = (
    """<button onclick="document.querySelector('output').textContent++">more</button><output>0</output>"""
)
TIMEOUT_S = 40


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A site whose segments pass a counter on their way to the stack."""

    site: Site
    tap: Tap
    stack: Any
    toolbox: Any

    def session_of(self, page: Page) -> str:
        page.wait_for_function("window.traceflow?.getSessionId?.()")
        return str(page.evaluate("traceflow.getSessionId()"))

    def sent(self, session_id: str) -> "Counter[Any]":
        return Counter(
            (*number, *mark)
            for number, segment in self.tap.accepted(session_id).items()
            for mark in segment.marks
        )

    def stored(self, session_id: str) -> "Counter[Any]":
        if self.stack.session(session_id) is None:
            return Counter()
        events = (json.loads(line) for line in self.stack.recording_lines(session_id))
        return Counter((e["window_id"], e["segment_id"], e["type"], e["timestamp"]) for e in events)

    def await_equal(self, session_id: str) -> None:
        """Wait until what was accepted is stored, and nothing else comes."""

        def equal() -> bool:
            sent = self.sent(session_id)
            return bool(sent) and sent == self.stored(session_id)

        self.toolbox.eventually(equal, timeout_s=TIMEOUT_S)
        assert self.tap.conflicts(session_id) == []
        for window_id in self.windows(session_id):
            assert self.numbers(session_id, window_id) == list(
                range(len(self.numbers(session_id, window_id)))
            )

    def windows(self, session_id: str) -> set[str]:
        return {window_id for window_id, _ in self.tap.accepted(session_id)}

    def numbers(self, session_id: str, window_id: str) -> list[int]:
        return sorted(number for window, number in self.tap.accepted(session_id) if window == window_id)

    def clicks(self, session_id: str) -> int:
        return sum(
            (event["type"], event["data"].get("source"), event["data"].get("type")) == (3, 2, 2)
            for event in self.stack.recording(session_id)
        )

    def await_clicks(self, session_id: str, count: int) -> None:
        self.toolbox.eventually(
            lambda: self.stack.session(session_id) and self.clicks(session_id) >= count, timeout_s=TIMEOUT_S
        )
        assert self.clicks(session_id) == count


@pytest.fixture(scope="module")
def watched(stack: Any, toolbox: Any, web_page: Callable[..., Path]) -> Iterator[Watched]:
    folder = web_page(
        **{name: f"<h1>{name}</h1>{NAVIGATION}{COUNTER}<input>" for name in ("index", "one", "two")}
    )
    with open_tap(stack.url) as tap, open_site(folder, tag=script_tag(tap.url, stack.ingest_key)) as site:
        yield Watched(site=site, tap=tap, stack=stack, toolbox=toolbox)


@pytest.fixture
def behaving(watched: Watched) -> Iterator[Watched]:
    yield watched
    watched.tap.misbehave = lambda _path: None


def test_a_visit_of_several_pages_is_one_session_and_nothing_is_lost_or_doubled(
    watched: Watched, visitor: BrowserContext
) -> None:
    page = visitor.new_page()
    page.goto(watched.site.url)
    session_id = watched.session_of(page)

    for route in ("one", "two", "home", "one"):
        page.click("button")
        page.click(f"text={route}")
        watched.session_of(page)
    page.goto("about:blank")

    watched.await_clicks(session_id, 8)
    watched.await_equal(session_id)
    assert len(watched.windows(session_id)) == 1


def test_pages_that_are_left_at_once_lose_nothing(watched: Watched, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(watched.site.url)
    session_id = watched.session_of(page)

    for _ in range(6):
        page.click("button")
        page.reload()
        assert watched.session_of(page) == session_id
    page.goto("about:blank")

    watched.await_clicks(session_id, 6)
    watched.await_equal(session_id)


def test_a_page_left_with_more_unsent_than_a_beacon_carries_loses_nothing(
    watched: Watched, visitor: BrowserContext
) -> None:
    page = visitor.new_page()
    page.goto(watched.site.url)
    session_id = watched.session_of(page)
    page.click("button")
    watched.await_clicks(session_id, 1)

    # About 75 KB of events, too few to be sent at once; browsers let 64 KiB outlive a page.
    page.evaluate(
        """() => { for (let i = 0; i < 170; i += 1) {
          const line = document.createElement("p");
          const letters = Array.from({ length: 60 }, (_, j) => 97 + (i * 31 + j * 17) % 26);
          const words = letters.map((letter) => String.fromCharCode(letter)).join("no ");
          line.textContent = `${words} ${i === 169 ? "the very last line" : ""}`;
          document.body.append(line);
        } }"""
    )
    page.click("button")
    page.goto("about:blank")

    watched.await_clicks(session_id, 2)
    watched.await_equal(session_id)
    assert any(b"the very last line" in line for line in watched.stack.recording_lines(session_id))


def test_two_tabs_are_two_windows_of_one_session(watched: Watched, visitor: BrowserContext) -> None:
    first = visitor.new_page()
    first.goto(watched.site.url)
    session_id = watched.session_of(first)
    second = visitor.new_page()
    second.goto(f"{watched.site.url}/one")

    for page in (first, second, first, second):
        page.click("button")
    assert watched.session_of(second) == session_id
    for page in (first, second):
        page.goto("about:blank")

    watched.await_clicks(session_id, 4)
    watched.await_equal(session_id)
    assert len(watched.windows(session_id)) == 2
    assert watched.stack.session(session_id)["windows"] == 2


def test_a_tab_opened_by_a_page_is_a_window_of_its_own(watched: Watched, visitor: BrowserContext) -> None:
    opener = visitor.new_page()
    opener.goto(watched.site.url)
    session_id = watched.session_of(opener)
    # It gets a copy of the opener's sessionStorage, in which a window knows itself again.
    with visitor.expect_page() as opening:
        opener.evaluate("window.open('/two')")
    opened = opening.value

    assert watched.session_of(opened) == session_id
    for page in (opener, opened):
        page.click("button")
        page.goto("about:blank")

    watched.await_clicks(session_id, 2)
    watched.await_equal(session_id)
    assert len(watched.windows(session_id)) == 2


def test_what_happens_offline_is_sent_once_the_network_is_back(
    watched: Watched, visitor: BrowserContext
) -> None:
    page = visitor.new_page()
    page.goto(watched.site.url)
    session_id = watched.session_of(page)
    page.click("button")
    watched.await_clicks(session_id, 1)

    visitor.set_offline(True)
    for _ in range(3):
        page.click("button")
    # A flush falls due every 5 s: this one finds no network.
    page.wait_for_timeout(6_000)
    seen_offline = watched.clicks(session_id)
    visitor.set_offline(False)

    watched.await_clicks(session_id, 4)
    page.goto("about:blank")
    watched.await_equal(session_id)
    assert seen_offline == 1


def test_what_was_kept_when_a_page_was_left_offline_is_sent_by_the_next_page(
    watched: Watched, visitor: BrowserContext
) -> None:
    page = visitor.new_page()
    page.goto(watched.site.url)
    session_id = watched.session_of(page)
    page.click("button")
    watched.await_clicks(session_id, 1)

    visitor.set_offline(True)
    page.click("button")
    page.goto("about:blank")
    visitor.set_offline(False)
    page.goto(f"{watched.site.url}/one")

    watched.await_clicks(session_id, 2)
    page.goto("about:blank")
    watched.await_equal(session_id)


def test_an_ingest_that_refuses_for_a_while_loses_nothing(behaving: Watched, visitor: BrowserContext) -> None:
    refused = 0

    def refuse(path: str) -> httpx.Response | None:
        nonlocal refused
        if not path.split("?", maxsplit=1)[0].endswith("/segments") or refused >= 4:
            return None
        refused += 1
        headers = {"access-control-allow-origin": "*", "retry-after": "1"}
        return httpx.Response(503 if refused % 2 else 429, headers=headers)

    behaving.tap.misbehave = refuse
    page = visitor.new_page()
    page.goto(behaving.site.url)
    session_id = behaving.session_of(page)
    for _ in range(3):
        page.click("button")

    behaving.await_clicks(session_id, 3)
    page.goto("about:blank")
    behaving.await_equal(session_id)
    assert refused == 4


def test_what_is_typed_leaves_the_browser_as_stars(watched: Watched, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(watched.site.url)
    session_id = watched.session_of(page)
    page.click("input")
    page.keyboard.type("Erika Mustermann", delay=10)
    page.goto("about:blank")

    def inputs() -> list[str]:
        events = watched.stack.recording(session_id) if watched.stack.session(session_id) else []
        return [e["data"]["text"] for e in events if e["type"] == 3 and e["data"]["source"] == 5]

    watched.toolbox.eventually(lambda: "*" * 16 in inputs(), timeout_s=TIMEOUT_S)
    assert {character for text in inputs() for character in text} == {"*"}
