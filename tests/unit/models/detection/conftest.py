import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from traceflow.models.detection.profile import profile_with
from traceflow.models.detection.report import DetectReport, detect_report

BUTTON, DIV, LINK, TEXT_INPUT, SUBMIT, STEPPER, DOWNLOAD, BLANK_LINK, ICON, MARKED = range(10, 20)


def element(node_id: int, tag: str, *children: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    return {"id": node_id, "type": 2, "tagName": tag, "attributes": named, "childNodes": list(children)}


def words(node_id: int, content: str) -> dict[str, Any]:
    return {"id": node_id, "type": 3, "textContent": content}


PAGE = {
    "id": 1,
    "type": 0,
    "childNodes": [
        element(
            2,
            "html",
            element(3, "head", element(4, "style", words(5, "a{}"))),
            element(
                6,
                "body",
                element(BUTTON, "button", element(ICON, "span", words(30, "Pay"))),
                element(DIV, "div", words(31, "Half price"), class_="banner"),
                element(LINK, "a", words(32, "Home"), element(33, "img"), href="https://shop.example/"),
                element(TEXT_INPUT, "input", type="text"),
                element(SUBMIT, "input", type="submit"),
                element(STEPPER, "button", words(34, "+")),
                element(DOWNLOAD, "a", words(35, "Manual"), href="/a.pdf", download=""),
                element(BLANK_LINK, "a", words(36, "Partner"), href="/b", target="_blank"),
                element(MARKED, "div", element(37, "p"), class_="ph-no-capture"),
            ),
        )
    ],
}


class Recording:
    """Builds events by hand, each with its own time."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, at_ms: float, kind: int, **content: Any) -> "Recording":
        self.events.append({"type": kind, "timestamp": at_ms, "data": content})
        return self

    def page(self, at_ms: float = 0, href: str = "https://shop.example/cart") -> "Recording":
        self.add(at_ms, 4, href=href, width=1280, height=800)
        return self.add(at_ms, 2, node=PAGE, initialOffset={"top": 0, "left": 0})

    def click(self, at_ms: float, node: int | None = BUTTON, x: float = 100, y: float = 100) -> "Recording":
        return self.add(at_ms, 3, source=2, type=2, id=node, x=x, y=y)

    def clicks(self, *times_ms: float, node: int | None = BUTTON) -> "Recording":
        for at_ms in times_ms:
            self.click(at_ms, node)
        return self

    def change(self, at_ms: float, source: int = 0) -> "Recording":
        return self.add(at_ms, 3, source=source, adds=[], removes=[], texts=[], attributes=[])

    def scroll(self, at_ms: float) -> "Recording":
        return self.add(at_ms, 3, source=3, id=1, x=0, y=50)

    def select(self, at_ms: float) -> "Recording":
        return self.add(at_ms, 3, source=14, ranges=[])

    def error(self, at_ms: float) -> "Recording":
        payload = {"name": "TypeError", "message": "x is undefined", "handled": False}
        return self.add(at_ms, 5, tag="error", payload=payload)

    def end(self, at_ms: float) -> "Recording":
        return self.add(at_ms, 3, source=1, positions=[])

    def raw(self) -> list[bytes]:
        return [json.dumps(event).encode() for event in self.events]

    def report(self, profile: str, parameters: Mapping[str, object]) -> DetectReport:
        return detect_report(self.raw(), profile=profile_with(profile, parameters))

    def found(self, profile: str, **parameters: object) -> list[tuple[str, int, tuple[int, ...]]]:
        signals = self.report(profile, parameters).signals
        return [(str(signal.kind), signal.at_ms, signal.event_indices) for signal in signals]

    def kinds(self, profile: str, **parameters: object) -> list[str]:
        return [kind for kind, _, _ in self.found(profile, **parameters)]


@pytest.fixture
def recording() -> Recording:
    return Recording()


@pytest.fixture
def new_recording() -> Callable[[], Recording]:
    return Recording


@pytest.fixture
def nodes() -> dict[str, int]:
    return {
        "button": BUTTON,
        "icon": ICON,
        "div": DIV,
        "link": LINK,
        "img": 33,
        "text": TEXT_INPUT,
        "submit": SUBMIT,
        "stepper": STEPPER,
        "download": DOWNLOAD,
        "blank": BLANK_LINK,
        "marked": MARKED,
        "inside_marked": 37,
        "html": 2,
        "body": 6,
        "unknown": 999,
    }
