import json

import pytest

from traceflow.models.detection.moment import (
    Clicked,
    CursorMoved,
    CustomSent,
    ErrorRaised,
    Moment,
    PageChanged,
    PageShown,
    SnapshotTaken,
    read_moments,
)
from traceflow.models.detection.notable import notable_events
from traceflow.models.evidence import Evidence


def _read(*events):
    raw = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
    return read_moments(raw, window_id="w1", segment_id=4)


def _custom(tag, payload, at_ms=1):
    return {"type": 5, "timestamp": at_ms, "data": {"tag": tag, "payload": payload}}


def test_evidence_names_window_segment_place_and_time():
    moments = _read(
        {"type": 99, "timestamp": 5}, {"type": 3, "timestamp": 7, "data": {"source": 2, "type": 2, "id": 3}}
    )

    assert moments[1] == Clicked(
        evidence=Evidence(window_id="w1", segment_id=4, event_index=1, at_ms=7), node_id=3, x=None, y=None
    )


def test_a_snapshot_gives_elements_with_parent_purpose_and_label(recording):
    recording.page()

    moments = read_moments(recording.raw(), window_id="w", segment_id=0)

    snapshot = moments[1]
    assert isinstance(snapshot, SnapshotTaken)
    nodes = {node.node_id: node for node in snapshot.nodes}
    assert (nodes[10].tag, nodes[10].text, nodes[10].parent_id) == ("button", "Pay", 6)
    assert nodes[12].attributes == {"href": "https://shop.example/"}
    assert 3 not in nodes
    assert 4 not in nodes


def test_a_mutation_gives_added_elements_texts_and_changed_attributes():
    node = {"id": 8, "type": 2, "tagName": "A", "attributes": {"href": "/x"}, "childNodes": []}
    adds = [
        {"parentId": 2, "nextId": None, "node": node},
        {"parentId": 8, "nextId": None, "node": {"id": 9, "type": 3, "textContent": "Go"}},
    ]
    changes = [
        {"id": 5, "attributes": {"class": "big", "style": {"top": 1}}},
        {"id": 6, "attributes": {"style": "x"}},
    ]
    data = {"source": 0, "adds": adds, "attributes": changes, "texts": [], "removes": []}

    (moment,) = _read({"type": 3, "timestamp": 1, "data": data})

    assert isinstance(moment, PageChanged)
    assert [(added.tag, added.parent_id, added.text) for added in moment.added] == [
        ("a", 2, ""),
        ("#text", 8, "Go"),
    ]
    assert moment.attributes == ((5, {"class": "big"}),)


def test_cursor_points_carry_their_own_times():
    positions = [{"x": 1, "y": 2, "id": 3, "timeOffset": -400}, {"x": "a", "y": 2}, {"x": 5, "y": 6}]

    (moment,) = _read({"type": 3, "timestamp": 1000, "data": {"source": 1, "positions": positions}})

    assert isinstance(moment, CursorMoved)
    assert moment.points == ((1, 2, 600), (5, 6, 1000))


def test_the_error_event_is_an_error_and_a_console_line_is_none():
    console = {"plugin": "rrweb/console@1", "payload": {"level": "error", "payload": ["x"]}}

    error, line = _read(
        _custom("error", {"name": "TypeError", "message": "m", "handled": True}),
        {"type": 6, "timestamp": 2, "data": console},
    )

    assert isinstance(error, ErrorRaised)
    assert (error.name, error.message, error.is_handled) == ("TypeError", "m", True)
    assert not isinstance(line, ErrorRaised)


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"type":3}',
        b'{"type":3,"timestamp":null}',
        b'{"type":3,"timestamp":1e999}',
        b'{"type":3,"timestamp":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
)
def test_an_event_without_a_readable_time_is_left_out(event):
    assert _read(event, {"type": 0, "timestamp": 3})[0].evidence.event_index == 1


@pytest.mark.parametrize(
    "data",
    [
        b"null",
        b'"packed"',
        b"[]",
        b'{"source":[]}',
        b'{"source":true}',
        b'{"source":0,"adds":{"a":1}}',
        b'{"source":1,"positions":[1]}',
        b'{"source":' + b"9" * 5000 + b"}",
        b'{"source":99}',
    ],
)
def test_of_unreadable_content_the_time_remains(data):
    (moment,) = _read(b'{"type":3,"timestamp":12,"data":' + data + b"}")

    assert moment.evidence.at_ms == 12


def test_a_deeply_nested_snapshot_does_not_raise():
    tree = b'{"type":2,"id":1,"tagName":"p","childNodes":['
    content = b'{"x":"{\\"timestamp\\":1","node":' + tree * 5000 + b"]}" * 5000
    deep = b'{"type":2,"data":' + content + b',"timestamp":3},"timestamp":12}'

    (moment,) = _read(deep)

    assert moment.evidence.at_ms == 12


def test_lone_surrogates_and_huge_numbers_do_not_hide_the_event():
    raw = (
        b'{"type":5,"timestamp":12,"x":1e999,"data":{"tag":"error","payload":{"message":"a\\ud800b\\u0000"}}}'
    )

    (moment,) = _read(raw)

    assert isinstance(moment, ErrorRaised)
    assert moment.message == "a?b"


def test_a_click_with_odd_fields_is_still_a_click():
    (moment,) = _read(
        {"type": 3, "timestamp": 1, "data": {"source": 2, "type": 2, "id": "x", "x": None, "y": []}}
    )

    assert isinstance(moment, Clicked)
    assert (moment.node_id, moment.x, moment.y) == (None, None, None)


def test_booleans_are_no_numbers():
    assert _read({"type": 0, "timestamp": True}) == ()
    assert type(_read({"type": True, "timestamp": 1})[0]) is Moment


def test_page_views_errors_and_custom_events_are_notable():
    moments = _read(
        {"type": 4, "timestamp": 1, "data": {"href": "/a"}},
        {"type": 4, "timestamp": 2, "data": {"href": "/a"}},
        _custom("navigation", {"href": "/b"}),
        _custom("track", {"name": "bought"}),
        _custom("identify", {"id": 7}),
        _custom("error", {"name": "E", "message": ""}),
        _custom("ping", "text"),
    )

    assert [(event.kind, event.name) for event in notable_events(moments)] == [
        ("page_view", "/a"),
        ("navigation", "/b"),
        ("track", "bought"),
        ("identify", "identify"),
        ("error", "E"),
        ("ping", "ping"),
    ]


def test_what_a_custom_event_calls_itself_is_its_name():
    (moment,) = _read(_custom("track", {"event": "bought"}))

    assert isinstance(moment, CustomSent)
    assert moment.name == "bought"


def test_a_navigation_within_the_page_shows_a_page():
    (moment,) = _read(_custom("navigation", {"to": "/b"}))

    assert isinstance(moment, PageShown)
    assert (moment.href, moment.origin) == ("/b", "navigation")
