from collections.abc import Callable
from typing import Any

import pytest

from traceflow.models.detection.detect import detect_window
from traceflow.models.detection.moment import read_moments
from traceflow.models.detection.node import Node
from traceflow.models.detection.place import NOWHERE, SignalPlace, describe_node, page_group, signal_places
from traceflow.models.detection.profile import PROFILES
from traceflow.models.detection.signal import SignalKind
from traceflow.models.detection.timeline import timeline

CART = "https://shop.example/cart"


def places(recording: Any, kind: SignalKind) -> list[SignalPlace]:
    window = timeline(read_moments(recording.raw(), window_id="w1", segment_id=0))
    signals = detect_window(window, profile=PROFILES["default"])
    found = signal_places(window, signals)
    assert set(found) == set(signals)
    return [found[signal] for signal in signals if signal.kind is kind]


def rage(recording: Any, *, start_ms: int = 1000, node: int | None = None) -> Any:
    more = {} if node is None else {"node": node}
    return recording.clicks(*(start_ms + 200 * number for number in range(4)), **more)


def test_a_signal_is_where_its_first_click_was(recording: Any) -> None:
    rage(recording.page())

    (place,) = places(recording.end(60_000), SignalKind.RAGE_CLICK)

    assert place == SignalPlace(page=CART, element="button", x=100, y=100, viewport_width=1280)


def test_the_page_is_the_windows_address_at_that_time(recording: Any) -> None:
    recording.page().add(500, 5, tag="navigation", payload={"href": f"{CART}/pay", "kind": "push"})
    rage(recording).add(5000, 5, tag="navigation", payload={"href": f"{CART}/done"})

    (place,) = places(recording.end(60_000), SignalKind.RAGE_CLICK)

    assert place.page == f"{CART}/pay"


def test_the_viewport_is_as_wide_as_it_was_then(recording: Any) -> None:
    recording.page().add(500, 3, source=4, width=640, height=480)
    rage(recording).add(9000, 3, source=4, width=300, height=480)

    (place,) = places(recording.end(60_000), SignalKind.RAGE_CLICK)

    assert place.viewport_width == 640


@pytest.mark.parametrize(
    ("offset_ms", "node_id", "is_named"),
    [
        (0, 10, True),
        (-40, None, True),
        (50, 99, True),
        (51, 99, False),
        (-900, 10, True),
        (-1001, 10, False),
        (51, None, False),
    ],
)
def test_the_sdk_names_the_element_of_the_same_node_or_of_the_same_moment(
    recording: Any, offset_ms: int, node_id: int | None, is_named: bool
) -> None:
    payload = {"selector": "#pay > button", "node_id": node_id, "x": 100, "y": 100}
    recording.page()
    if offset_ms < 0:
        recording.add(2000 + offset_ms, 5, tag="click", payload=payload)
    recording.click(2000)
    if offset_ms >= 0:
        recording.add(2000 + offset_ms, 5, tag="click", payload=payload)

    (place,) = places(recording.end(60_000), SignalKind.DEAD_CLICK)

    assert place.element == ("#pay > button" if is_named else "button")


def test_of_two_names_the_one_of_the_same_node_counts_and_then_the_nearer(recording: Any) -> None:
    recording.page()
    recording.add(1990, 5, tag="click", payload={"selector": "#near", "node_id": 77})
    recording.click(2000)
    recording.add(2300, 5, tag="click", payload={"selector": "#same", "node_id": 10})

    (place,) = places(recording.end(60_000), SignalKind.DEAD_CLICK)

    assert place.element == "#same"


def test_an_unknown_node_without_a_name_is_no_element(recording: Any) -> None:
    rage(recording.page(), node=999)

    (place,) = places(recording.end(60_000), SignalKind.RAGE_CLICK)

    assert (place.page, place.element) == (CART, None)


def test_a_click_on_an_icon_is_of_the_button_around_it(recording: Any, nodes: dict[str, int]) -> None:
    rage(recording.page(), node=nodes["icon"])

    (place,) = places(recording.end(60_000), SignalKind.RAGE_CLICK)

    assert place.element == "button"


def test_without_signals_there_are_no_places(recording: Any) -> None:
    window = timeline(read_moments(recording.page().raw(), window_id="w", segment_id=0))

    assert signal_places(window, ()) == {}


def test_without_a_page_a_signal_is_somewhere_unknown(new_recording: Callable[[], Any]) -> None:
    (place,) = places(rage(new_recording(), node=5).end(60_000), SignalKind.RAGE_CLICK)

    assert place == SignalPlace(x=100, y=100)
    assert SignalPlace() == NOWHERE


@pytest.mark.parametrize(
    ("attributes", "selector"),
    [
        ({}, "div"),
        ({"id": "pay"}, "div#pay"),
        ({"class": "a b c d"}, "div.a.b.c"),
        ({"id": "pay", "class": "btn  btn-primary"}, "div#pay.btn.btn-primary"),
        ({"id": "two words", "class": "md:flex [EMAIL:AAAABBBBCCCCDDDD] ok ärger"}, "div.ok"),
        ({"aria-label": "Pay Ada Lovelace", "href": "/ada"}, "div"),
    ],
)
def test_an_element_is_described_by_names_and_never_by_text(
    attributes: dict[str, str], selector: str
) -> None:
    node = Node(node_id=1, parent_id=None, tag="div", text="Ada Lovelace", attributes=attributes)

    assert describe_node(node) == selector


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("https://a.example/", "https://a.example/"),
        ("https://a.example/p?x=1&y=2#top", "https://a.example/p"),
        ("https://a.example/p#top", "https://a.example/p"),
        ("https://a.example/p?x=1#/cart?step=2", "https://a.example/p#/cart"),
        ("https://a.example/#!cart", "https://a.example/#!cart"),
        ("about:blank", "about:blank"),
        ("", ""),
    ],
)
def test_visits_of_one_page_count_as_one_whatever_their_query(address: str, group: str) -> None:
    assert page_group(address) == group
    assert page_group(group) == group


def test_naming_clicks_and_describing_the_page_changes_no_signal(new_recording: Callable[[], Any]) -> None:
    plain, named = new_recording().page(), new_recording().page()
    named.add(0, 5, tag="page_facts", payload={"device": "desktop"})
    for recording in (plain, named):
        recording.click(1000, node=12)
        if recording is named:
            recording.add(1001, 5, tag="click", payload={"selector": "a", "node_id": 12})
            recording.add(1002, 3, source=4, width=900, height=700)
        # Long after the link was clicked, a page comes up: it led off the recorded pages.
        recording.page(at_ms=90_000)
        recording.end(200_000)

    assert named.kinds("default") == plain.kinds("default") == []
