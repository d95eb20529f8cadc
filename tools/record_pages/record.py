"""Visits one page and compares what was sent, what is stored and what is replayed."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from playwright.sync_api import Browser

from tools.record_pages.end_state import DESCRIBE, count_nodes, differences
from tools.record_pages.hand import Hand
from tools.record_pages.replayed import replay
from tools.record_pages.site import Site
from tools.record_pages.stack import RunningStack
from tools.record_pages.tap import Tap

_VIEWPORT = {"width": 1280, "height": 800}
_POLL_S = 0.2
_SENT_TIMEOUT_S = 10
# Longer than the SDK waits before it sends again.
_QUIET_S = 1.5
# What was answered 202 is in the recording within 5 s (docs/architecture); the machine is busy meanwhile.
_STORED_TIMEOUT_S = 30

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """What was found of one page; ``leaks`` is added once everything was searched."""

    page: str
    session_id: str = ""
    sent: int = 0
    stored: int = 0
    losses: tuple[str, ...] = ()
    nodes: int = 0
    differences: tuple[str, ...] = ()
    console_errors: tuple[str, ...] = ()
    console_warnings: tuple[str, ...] = ()
    planted: int = 0
    leaks: tuple[str, ...] = ()
    failure: str | None = None
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        wrong = (self.losses, self.differences, self.console_errors, self.leaks, self.failure)
        return self.sent > 0 and not any(wrong)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the visits run on."""

    browser: Browser
    site: Site
    tap: Tap
    stack: RunningStack
    api: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "api", self.stack.api())


def record(stage: Stage, page: str, visit: Callable[[Hand], None], person: Any) -> PageResult:
    """Visit the page as the person does, leave, and compare."""
    began_s = time.monotonic()
    before = set(stage.tap.session_ids())
    address = f"{stage.site.url}/{page}/"
    end = _visit(stage.browser, address, visit, person)
    session_id = _await(lambda: next(iter(set(stage.tap.session_ids()) - before), None), _SENT_TIMEOUT_S)
    if session_id is None:
        return PageResult(page=page, failure="nothing was sent", planted=len(person.needles))
    _await_quiet(stage.tap, session_id)
    recording = _await_stored(stage, session_id)
    losses = _losses(stage.tap, session_id, recording)
    replayed = replay(stage.browser, stage.site, name=session_id, recording=recording, base=end["url"])
    return PageResult(
        page=page,
        session_id=session_id,
        sent=sum(len(segment.marks) for segment in stage.tap.accepted(session_id).values()),
        stored=replayed.events,
        losses=losses,
        nodes=count_nodes(end["state"]),
        differences=tuple(differences(end["state"], replayed.end_state)),
        console_errors=replayed.errors,
        console_warnings=replayed.warnings,
        planted=len(person.needles),
        seconds=time.monotonic() - began_s,
    )


def _visit(browser: Browser, address: str, visit: Callable[[Hand], None], person: Any) -> Mapping[str, Any]:
    """Return the page's address and looks at the moment before it is left."""
    context = browser.new_context(viewport=_VIEWPORT, locale="en-GB")  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(address)
        hand = Hand(page=page, person=person)
        visit(hand)
        hand.settle()
        document = page.evaluate_handle("() => document")
        state = page.evaluate(DESCRIBE, [document, page.url])
        end = {"url": page.url, "state": state}
        page.goto("about:blank")
        return end
    finally:
        context.close()


def _await_quiet(tap: Tap, session_id: str) -> None:
    """Return when nothing more arrives."""
    count, since_s = -1, time.monotonic()
    while time.monotonic() - since_s < _QUIET_S:
        now = len(tap.attempts(session_id))
        if now != count:
            count, since_s = now, time.monotonic()
        time.sleep(_POLL_S)


def _await_stored(stage: Stage, session_id: str) -> bytes:
    """Return the recording once it has what was accepted, or what it has when the time is over."""
    wanted = sum(len(segment.marks) for segment in stage.tap.accepted(session_id).values())
    recording = b""

    def stored() -> bool:
        nonlocal recording
        answer = stage.api.get(
            f"/api/v1/sessions/{session_id}/recording", headers={"accept-encoding": "identity"}
        )
        recording = answer.content if answer.status_code == httpx.codes.OK else b""
        return recording.count(b"\n") >= wanted

    _await(stored, _STORED_TIMEOUT_S)
    return recording


def _losses(tap: Tap, session_id: str, recording: bytes) -> tuple[str, ...]:
    """Say in words what is not stored exactly as it was sent, and what was sent under holes or twice."""
    accepted = tap.accepted(session_id)
    sent = Counter(
        (window_id, segment_id, *mark)
        for (window_id, segment_id), segment in accepted.items()
        for mark in segment.marks
    )
    stored = Counter(
        (event["window_id"], event["segment_id"], event["type"], event["timestamp"])
        for event in map(json.loads, recording.splitlines())
    )
    told = [f"{(sent - stored).total()} events are not stored"] if sent - stored else []
    told += [f"{(stored - sent).total()} events were never sent"] if stored - sent else []
    told += [f"segment {number} was sent with different events" for number in tap.conflicts(session_id)]
    refused = {(s.window_id, s.segment_id) for s in tap.attempts(session_id)} - accepted.keys()
    told += [f"segment {number} was never accepted" for number in sorted(refused)]
    for window_id in {window for window, _ in accepted}:
        numbers = sorted(number for window, number in accepted if window == window_id)
        if numbers != list(range(len(numbers))):
            told.append(f"window {window_id} has holes in its numbering: {numbers}")
    return tuple(told)


def _await(ask: Callable[[], Value], timeout_s: float) -> Value:
    deadline_s = time.monotonic() + timeout_s
    while not (answer := ask()) and time.monotonic() < deadline_s:
        time.sleep(_POLL_S)
    return answer
