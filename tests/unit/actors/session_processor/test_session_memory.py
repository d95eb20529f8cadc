import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings, strategies as st

from traceflow.actors.session_processor.session_memory import Assessment, SessionMemory
from traceflow.models.detection.moment import Moment, read_moments
from traceflow.models.detection.profile import PROFILES
from traceflow.models.detection.signal import SignalKind

DEFAULT = PROFILES["default"]
START_MS = 1_764_000_000_000

Segment = tuple[str, int, list[dict[str, Any]], bool]


def click(at_ms: int, *, node_id: int = 9) -> dict[str, Any]:
    return {
        "type": 3,
        "timestamp": START_MS + at_ms,
        "data": {"source": 2, "type": 2, "id": node_id, "x": 5, "y": 5},
    }


def error(at_ms: int) -> dict[str, Any]:
    payload = {"name": "TypeError", "message": "x is undefined"}
    return {"type": 5, "timestamp": START_MS + at_ms, "data": {"tag": "error", "payload": payload}}


def page(at_ms: int, href: str) -> dict[str, Any]:
    return {"type": 4, "timestamp": START_MS + at_ms, "data": {"href": href, "width": 1, "height": 1}}


def moments_of(window_id: str, segment_id: int, events: list[dict[str, Any]]) -> tuple[Moment, ...]:
    raw = [json.dumps(event).encode() for event in events]
    return read_moments(raw, window_id=window_id, segment_id=segment_id)


def put(memory: SessionMemory, segment: Segment) -> None:
    window_id, segment_id, events, is_final = segment
    memory.add(
        window_id=window_id,
        segment_id=segment_id,
        content_hash=f"{window_id}/{segment_id}".encode(),
        is_final=is_final,
        moments=moments_of(window_id, segment_id, events),
        events=len(events),
    )


def assessed(segments: Sequence[Segment]) -> Assessment:
    memory = SessionMemory()
    for segment in segments:
        put(memory, segment)
    return memory.assess(DEFAULT)


SEGMENTS: list[Segment] = [
    ("w1", 0, [page(0, "https://a/"), click(100), click(200)], False),
    ("w1", 1, [click(300), click(400), error(450)], False),
    ("w1", 3, [page(20_000, "https://a/cart"), click(21_000)], True),
    ("w2", 0, [page(500, "https://a/help"), error(600)], False),
    ("w2", 1, [], False),
    ("w2", 2, [click(30_000)], True),
]


@given(order=st.permutations(SEGMENTS), looks=st.lists(st.integers(0, 5), max_size=6))
@settings(max_examples=60, deadline=None)
def test_the_order_of_arrival_and_the_looks_in_between_make_no_difference(
    order: list[Segment], looks: list[int]
) -> None:
    memory = SessionMemory()
    for position, segment in enumerate(order):
        put(memory, segment)
        if position in looks:
            memory.assess(DEFAULT)

    assert memory.assess(DEFAULT) == assessed(SEGMENTS)
    assert min(memory.progress(), key=lambda window: window.window_id).gaps == (2,)


def test_a_streak_over_the_border_of_two_segments_is_one_signal() -> None:
    assessment = assessed(SEGMENTS)

    rage = [signal for signal in assessment.signals if signal.kind is SignalKind.RAGE_CLICK]
    assert len(rage) == 1
    assert {each.segment_id for each in rage[0].evidence} == {0, 1}


def test_it_sums_up_over_all_windows() -> None:
    assessment = assessed(SEGMENTS)

    assert (assessment.started_at_ms, assessment.ended_at_ms) == (START_MS, START_MS + 30_000)
    assert (assessment.events, assessment.errors) == (11, 2)
    assert assessment.pages == ("https://a/", "https://a/help", "https://a/cart")


def test_nothing_is_nothing() -> None:
    assessment = assessed([("w1", 0, [], False)])

    assert (assessment.started_at_ms, assessment.ended_at_ms, assessment.events) == (None, None, 0)
    assert assessment.frustration.score == 0


def test_a_segment_is_known_by_its_window_and_number() -> None:
    memory = SessionMemory()
    put(memory, SEGMENTS[0])

    assert memory.known_hash("w1", 0) == b"w1/0"
    assert memory.known_hash("w1", 1) is None
    assert memory.known_hash("w2", 0) is None


def test_the_highest_final_segment_counts_whatever_comes_first() -> None:
    memory = SessionMemory()
    for segment_id in (4, 2):
        put(memory, ("w1", segment_id, [], True))

    (window,) = memory.progress()
    assert window.final_segment_id == 4


def test_a_snapshot_weighs_as_much_as_its_nodes() -> None:
    nodes = [{"type": 2, "id": n, "tagName": "p", "attributes": {}, "childNodes": []} for n in range(2, 52)]
    snapshot = {
        "type": 2,
        "timestamp": START_MS,
        "data": {"node": {"type": 0, "id": 1, "childNodes": nodes}, "initialOffset": {}},
    }
    plain, heavy = SessionMemory(), SessionMemory()
    put(plain, ("w1", 0, [click(1)], False))
    put(heavy, ("w1", 0, [snapshot], False))

    assert plain.weight == 1
    assert heavy.weight > 50


def described(at_ms: int, **facts: Any) -> dict[str, Any]:
    return {
        "type": 5,
        "timestamp": START_MS + at_ms,
        "data": {"tag": "page_facts", "payload": facts},
    }


def test_a_session_is_recorded_on_what_its_earliest_window_says() -> None:
    assessment = assessed(
        [
            ("late", 0, [described(900, device="tablet", release="2", environment="staging")], False),
            ("w1", 1, [click(50)], False),
            ("w1", 0, [described(5, device="mobile", browser={"name": "Safari", "version": "17"})], False),
        ]
    )

    client = assessment.client
    assert (client.device, client.browser, client.release, client.environment) == (
        "mobile",
        "Safari",
        "2",
        "staging",
    )
    assert assessment.notable_events == ()


def test_an_sdk_that_describes_nothing_leaves_the_width_of_the_first_page() -> None:
    early, late = page(10, "https://a/"), page(5_000, "https://a/")
    early["data"]["width"], late["data"]["width"] = 400, 1400

    assert assessed([("w2", 0, [late], False), ("w1", 0, [early], False)]).client.device == "mobile"


def test_every_signal_has_its_place_and_stands_on_the_timeline() -> None:
    assessment = assessed(SEGMENTS)

    assert set(assessment.places) == set(assessment.signals)
    (rage,) = [signal for signal in assessment.signals if signal.kind is SignalKind.RAGE_CLICK]
    assert (assessment.places[rage].page, assessment.places[rage].x) == ("https://a/", 5)
    kinds = [mark.kind for mark in assessment.timeline]
    assert kinds.count("navigation") == len(assessment.pages)
    assert kinds.count("error") == assessment.errors
    assert len(kinds) == len(assessment.pages) + assessment.errors + len(assessment.signals)
