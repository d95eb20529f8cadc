import gzip
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

Event = dict[str, Any]
INCREMENTAL, CUSTOM, FULL_SNAPSHOT = 3, 5, 2
MOUSE_INTERACTION, DOM_CLICK = 2, 2
KINDS = {"rage_click", "error_click", "dead_click"}


class Story:
    """What the demo said, and what the API says of its two sessions."""

    def __init__(self, stack: Any) -> None:
        self.told = stack.run("demo", "--visit", "recorded", timeout_s=300)
        assert self.told.returncode == 0, self.told.stderr
        (self.struggle,) = set(re.findall(r"demo-struggle-[0-9a-f]+", self.told.stdout))
        (self.calm,) = set(re.findall(r"demo-calm-[0-9a-f]+", self.told.stdout))
        self.session = stack.document(f"/sessions/{self.struggle}")
        self.signals = stack.document(f"/sessions/{self.struggle}/signals")["items"]
        self.insight = stack.document(f"/sessions/{self.struggle}/insights")["items"][0]
        self.recording = stack.recording(self.struggle)


@pytest.fixture(scope="module")
def story(stack: Any) -> Story:
    return Story(stack)


def test_the_demo_prints_the_story_and_how_to_go_on(story: Story, stack: Any) -> None:
    # Lines are folded where the terminal ends.
    told = " ".join(story.told.stdout.split())

    for signal in story.signals:
        assert f"{signal['kind']} {signal['reason']}" in told
    assert f"Frustration score {story.session['frustration']['score']:.0f} of 100" in told
    assert story.insight["summary"] in told
    assert all(finding["text"] in told for finding in story.insight["findings"])
    assert all(re.search(rf"\b{kind} {count}\b", told) for kind, count in story.session["masked"].items())
    for said in (stack.url, stack.ingest_key, stack.read_key, stack.admin_key, "traceflow down"):
        assert said in told


def test_the_struggle_has_the_signals_and_the_score_of_one(story: Story) -> None:
    counts = {kind: sum(s["kind"] == kind for s in story.signals) for kind in KINDS}
    frustration = story.session["frustration"]

    assert min(counts.values()) >= 1
    assert story.session["errors"] >= 1
    assert frustration["score"] > 50
    assert frustration["score"] == min(100, sum(part["points"] for part in frustration["parts"]))
    assert story.session["signals"] == {
        kind: sum(s["kind"] == kind for s in story.signals) for kind in story.session["signals"]
    }


def test_every_cited_event_exists_and_fits(story: Story) -> None:
    events = events_by_place(story.recording)
    cited_by = [*story.signals, *story.insight["findings"]]

    assert story.insight["findings"]
    for citing in cited_by:
        assert citing["evidence"]
        for place in citing["evidence"]:
            event = events[place["window_id"], place["segment_id"], place["event_index"]]
            assert event["timestamp"] == place["at_ms"]
    for signal in story.signals:
        cited = [events[key(place)] for place in signal["evidence"]]
        assert signal["at_ms"] == cited[-1]["timestamp"]
        if signal["kind"] in KINDS:
            assert any(is_click(event) for event in cited)
        if signal["kind"] == "error_click":
            assert any(is_error(event) for event in cited)


def test_the_insight_has_a_finding_for_each_kind_of_signal(story: Story) -> None:
    cited = [{key(place) for place in finding["evidence"]} for finding in story.insight["findings"]]

    for kind in {signal["kind"] for signal in story.signals}:
        places = {key(place) for s in story.signals if s["kind"] == kind for place in s["evidence"]}
        assert any(finding <= places for finding in cited), kind


def test_a_visit_without_struggle_has_no_signal(story: Story, stack: Any) -> None:
    session = stack.document(f"/sessions/{story.calm}")

    assert stack.document(f"/sessions/{story.calm}/signals")["items"] == []
    assert session["frustration"]["score"] < 10
    assert session["events"] > 0


def test_a_live_visit_is_told_as_the_recorded_one_is(story: Story, stack: Any) -> None:
    told = stack.run("demo", "--visit", "live", timeout_s=300)
    assert told.returncode == 0, told.stderr
    (session_id,) = set(re.findall(r"/sessions/([A-Za-z0-9._-]+)/insights", told.stdout))
    session = stack.document(f"/sessions/{session_id}")
    signals = stack.document(f"/sessions/{session_id}/signals")["items"]
    recording = stack.recording(session_id)

    assert "made just now" in told.stdout
    assert {signal["kind"] for signal in signals} >= KINDS
    assert session["completeness"]["complete"]
    assert session["events"] == len(recording)
    assert [urlsplit(page).path for page in session["pages"]] == [
        urlsplit(page).path for page in story.session["pages"][:4]
    ]
    places = events_by_place(recording)
    assert all(key(place) in places for signal in signals for place in signal["evidence"])


def test_a_second_demo_works(story: Story, stack: Any) -> None:
    again = Story(stack)

    assert again.struggle != story.struggle
    assert kinds_of(again.signals) == kinds_of(story.signals)
    assert again.session["frustration"] == story.session["frustration"]


def test_fewer_clicks_are_fewer_signals_and_a_lower_score(stack: Any, tmp_path: Path) -> None:
    events = struggle_events()
    offer = presses_on(events, "offer")
    pay_clicks = [index for index in presses_on(events, "pay") if is_click(events[index])]

    whole = ingested(stack, tmp_path / "whole.json", events)
    no_offer = ingested(stack, tmp_path / "no-offer.json", without(events, offer))
    no_rage = ingested(stack, tmp_path / "no-rage.json", without(events, pay_clicks[2:]))

    assert len(pay_clicks) >= 3
    assert no_offer["signals"]["dead_click"] == whole["signals"]["dead_click"] - 1
    assert no_offer["frustration"]["score"] < whole["frustration"]["score"]
    assert whole["signals"]["rage_click"] == 1
    assert "rage_click" not in no_rage["signals"]
    assert no_rage["frustration"]["score"] < whole["frustration"]["score"]


def ingested(stack: Any, file: Path, events: Sequence[Event]) -> dict[str, Any]:
    file.write_text(json.dumps({"events": events}))
    sent = stack.run("ingest", str(file), "--json")
    assert sent.returncode == 0, sent.stderr
    return dict(stack.await_session(json.loads(sent.stdout)["session_id"]))


def struggle_events() -> list[Event]:
    packed = files("traceflow.cluster.demo").joinpath("struggle.json.gz").read_bytes()
    events: list[Event] = json.loads(gzip.decompress(packed))["events"]
    return events


def presses_on(events: Sequence[Event], dom_id: str) -> list[int]:
    """Find the mouse's presses and clicks on an element; node ids begin anew with each page."""
    inside: set[int] = set()
    found = []
    for index, event in enumerate(events):
        if event["type"] == FULL_SNAPSHOT:
            inside = nodes_within(event["data"]["node"], dom_id)
        if is_press(event) and event["data"]["id"] in inside:
            found.append(index)
    return found


def nodes_within(node: Mapping[str, Any], dom_id: str, *, is_inside: bool = False) -> set[int]:
    is_inside = is_inside or node.get("attributes", {}).get("id") == dom_id
    below = [nodes_within(child, dom_id, is_inside=is_inside) for child in node.get("childNodes", ())]
    return set().union(*below, {node["id"]} if is_inside else ())


def without(events: Sequence[Event], indices: Sequence[int]) -> list[Event]:
    return [event for index, event in enumerate(events) if index not in indices]


def events_by_place(recording: Sequence[Event]) -> dict[tuple[str, int, int], Event]:
    places: dict[tuple[str, int, int], Event] = {}
    seen: dict[tuple[str, int], int] = {}
    for event in recording:
        segment = event["window_id"], event["segment_id"]
        index = seen.get(segment, 0)
        seen[segment] = index + 1
        places[*segment, index] = event
    return places


def key(place: Mapping[str, Any]) -> tuple[str, int, int]:
    return place["window_id"], place["segment_id"], place["event_index"]


def kinds_of(signals: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(signal["kind"] for signal in signals)


def is_press(event: Event) -> bool:
    return event["type"] == INCREMENTAL and event["data"]["source"] == MOUSE_INTERACTION


def is_click(event: Event) -> bool:
    return is_press(event) and event["data"]["type"] == DOM_CLICK


def is_error(event: Event) -> bool:
    return event["type"] == CUSTOM and event["data"]["tag"] == "error"
