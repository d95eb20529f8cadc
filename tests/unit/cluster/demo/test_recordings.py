import gzip
import json
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

VISITORS = Path(__file__).resolve().parents[4] / "tools" / "record_demo" / "visitors.json"
LARGEST_BYTES = 1024 * 1024
DOM_CLICK = 2
# rrweb's own numbers, packages/types/src/index.ts
FULL_SNAPSHOT, INCREMENTAL, META, CUSTOM, PLUGIN = 2, 3, 4, 5, 6
MUTATION, MOUSE_INTERACTION, SCROLL, INPUT, SELECTION = 0, 2, 3, 5, 14

Event = dict[str, Any]


def packed(visit: str) -> bytes:
    return files("traceflow.cluster.demo").joinpath(f"{visit}.json.gz").read_bytes()


def recorded(visit: str) -> list[Event]:
    document = json.loads(gzip.decompress(packed(visit)))
    events: list[Event] = document["events"]
    return events


def typed(visit: str) -> dict[str, str]:
    values: dict[str, str] = json.loads(VISITORS.read_text(encoding="utf-8"))[visit]
    return values


def of_source(events: list[Event], source: int) -> list[Event]:
    return [e for e in events if e["type"] == INCREMENTAL and e["data"]["source"] == source]


def clicks_of(events: list[Event]) -> list[Event]:
    return [e for e in of_source(events, MOUSE_INTERACTION) if e["data"]["type"] == DOM_CLICK]


def custom(events: list[Event], tag: str) -> list[Event]:
    return [e for e in events if e["type"] == CUSTOM and e["data"]["tag"] == tag]


def answer_ms(events: list[Event], click: Event) -> float:
    later = events[events.index(click) + 1 :]
    answers = [e["timestamp"] for e in later if e["type"] == META or e["data"].get("source") == MUTATION]
    return float(min(answers, default=float("inf")) - click["timestamp"])


def elements(node: Event) -> list[Event]:
    return [node, *(below for child in node.get("childNodes", ()) for below in elements(child))]


def element(page: list[Event], dom_id: str) -> Event:
    snapshot = page[1]["data"]["node"]
    return next(n for n in elements(snapshot) if n.get("attributes", {}).get("id") == dom_id)


def of_page(events: list[Event], path: str) -> list[Event]:
    starts = [i for i, e in enumerate(events) if e["type"] == META]
    first = next(i for i in starts if path in events[i]["data"]["href"])
    last = next((i for i in starts if i > first), len(events))
    return events[first:last]


both = pytest.mark.parametrize("visit", ["struggle", "calm"])


@both
def test_a_recording_is_at_most_one_mebibyte(visit: str) -> None:
    assert len(packed(visit)) <= LARGEST_BYTES


@both
def test_every_page_opens_with_its_address_and_a_full_snapshot(visit: str) -> None:
    events = recorded(visit)

    starts = [i for i, e in enumerate(events) if e["type"] == META]

    assert starts[0] == 0
    assert [events[i + 1]["type"] for i in starts] == [FULL_SNAPSHOT] * len(starts)
    assert len(starts) >= 4
    assert all(events[i]["data"]["href"].startswith("https://shop.example/") for i in starts)


@both
def test_time_never_runs_backwards_and_a_visit_lasts_half_a_minute_to_a_minute_and_a_half(visit: str) -> None:
    times = [e["timestamp"] for e in recorded(visit)]

    assert all(earlier <= later for earlier, later in pairwise(times))
    assert 30_000 <= times[-1] - times[0] <= 90_000


@both
def test_everything_that_was_typed_stands_raw_in_the_inputs(visit: str) -> None:
    inputs = {e["data"].get("text") for e in of_source(recorded(visit), INPUT)}

    assert set(typed(visit).values()) <= inputs


@both
def test_the_email_is_repeated_in_page_text_a_link_the_console_and_analytics(visit: str) -> None:
    events, email = recorded(visit), typed(visit)["email"]

    mutations = json.dumps(of_source(events, MUTATION))
    console = [e for e in events if e["type"] == PLUGIN and e["data"]["plugin"] == "rrweb/console@1"]

    assert email in mutations
    assert email.replace("@", "%40") in mutations
    assert email in json.dumps(console)
    assert email in json.dumps(custom(events, "track"))
    assert email in json.dumps(custom(events, "identify"))


@both
def test_the_name_is_nowhere_but_in_inputs(visit: str) -> None:
    events, name = recorded(visit), typed(visit)["name"]

    rest = [e for e in events if e not in of_source(events, INPUT)]

    assert all(part not in json.dumps(rest) for part in name.split())


def test_the_card_and_the_phone_reach_the_console_in_the_struggle() -> None:
    console = json.dumps([e for e in recorded("struggle") if e["type"] == PLUGIN])

    assert typed("struggle")["card"] in console
    assert typed("struggle")["phone"] in console


def test_six_clicks_hit_the_pay_button_within_a_second() -> None:
    checkout = of_page(recorded("struggle"), "/checkout")
    pay = element(checkout, "pay")["id"]

    times = [c["timestamp"] for c in clicks_of(checkout) if c["data"]["id"] == pay]

    assert len(times) == 7
    assert times[1] - times[0] > 2_000
    assert times[6] - times[1] <= 1_000


def test_the_first_click_on_pay_throws_at_once() -> None:
    checkout = of_page(recorded("struggle"), "/checkout")
    first = next(c for c in clicks_of(checkout) if c["data"]["id"] == element(checkout, "pay")["id"])

    [error] = custom(recorded("struggle"), "error")

    assert 0 <= error["timestamp"] - first["timestamp"] < 500
    assert error["data"]["payload"].keys() == {"name", "message", "stack", "handled"}
    assert error["data"]["payload"]["name"] == "TypeError"
    assert "checkout.js" in error["data"]["payload"]["stack"]


@pytest.mark.parametrize("dom_id", ["offer", "size-guide"])
def test_an_offer_and_a_button_are_clicked_and_nothing_happens_for_seven_seconds(dom_id: str) -> None:
    product = of_page(recorded("struggle"), "/product")
    inside = {n["id"] for n in elements(element(product, dom_id))}

    [click] = [c for c in clicks_of(product) if c["data"]["id"] in inside]

    assert answer_ms(product, click) > 7_500


def test_the_cursor_is_shaken_twenty_turns_in_two_seconds_after_the_rage() -> None:
    events = recorded("struggle")
    points = [
        (e["timestamp"] + p["timeOffset"], p["x"])
        for e in of_source(events, 1)
        for p in e["data"]["positions"]
    ]
    steps = [(at, x - before) for (_, before), (at, x) in pairwise(points) if x != before]

    turns = [at for (_, one), (at, other) in pairwise(steps) if one * other < 0]

    assert max(sum(1 for at in turns if first <= at < first + 2_000) for first in turns) >= 20


def test_in_the_calm_visit_every_click_is_answered_within_a_tenth_of_a_second() -> None:
    events = recorded("calm")
    clicks = clicks_of(events)

    assert len(clicks) >= 6
    assert [c for c in clicks if answer_ms(events, c) > 100] == []


def test_the_calm_visit_has_no_error_no_haste_and_no_scroll_on_the_heels_of_a_click() -> None:
    events = recorded("calm")
    clicks = [c["timestamp"] for c in clicks_of(events)]
    moves = [e["timestamp"] for e in (*of_source(events, SCROLL), *of_source(events, SELECTION))]

    assert custom(events, "error") == []
    assert min(later - earlier for earlier, later in pairwise(clicks)) > 1_200
    assert [m for m in moves for c in clicks if 100 <= m - c < 2_750] == []
