import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext
from tools.record_pages.site import Site, open_site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LISTED_S, PLAYABLE_S = 8, 10


@pytest.fixture(scope="module")
def printed_tag(stack: Any) -> str:
    said = stack.run("up").stdout
    (tag,) = re.findall(r"<script async src=.*</script>", said)
    return str(tag)


@pytest.fixture(scope="module")
def own_site(printed_tag: str, web_page: Callable[..., Path]) -> Iterator[Site]:
    with open_site(web_page(index="<h1>My own page</h1><button>Press me</button>"), tag=printed_tag) as site:
        yield site


def test_the_printed_tag_has_the_stack_and_its_ingest_key(printed_tag: str, stack: Any) -> None:
    assert f'src="{stack.url}/ingest/v1/sdk.js"' in printed_tag
    assert f'data-key="{stack.ingest_key}"' in printed_tag


def test_a_page_with_the_printed_tag_is_listed_and_playable_soon_after_its_first_click(
    own_site: Site, visitor: BrowserContext, stack: Any, toolbox: Any
) -> None:
    page = visitor.new_page()
    page.goto(own_site.url)
    page.wait_for_function("window.traceflow?.getSessionId?.()")
    session_id = page.evaluate("traceflow.getSessionId()")
    page.click("button")
    clicked_s = time.monotonic()

    def listed() -> bool:
        return any(item["session_id"] == session_id for item in stack.document("/sessions")["items"])

    def playable() -> bool:
        events = stack.recording(session_id)
        return any(event["type"] == 2 for event in events) and any(is_click(event) for event in events)

    toolbox.eventually(listed, timeout_s=LISTED_S)
    toolbox.eventually(playable, timeout_s=PLAYABLE_S - (time.monotonic() - clicked_s))


def is_click(event: dict[str, Any]) -> bool:
    return (event["type"], event["data"].get("source"), event["data"].get("type")) == (3, 2, 2)
