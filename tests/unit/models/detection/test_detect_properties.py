import json
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from traceflow.models.detection.detect import detect, features
from traceflow.models.detection.moment import read_moments
from traceflow.models.detection.notable import notable_events
from traceflow.models.detection.profile import PROFILES
from traceflow.models.detection.report import detect_report

_NODES = st.sampled_from([None, 10, 11, 12, 13, 14, 999])
_TAGS = {
    10: ("button", {}),
    11: ("div", {}),
    12: ("a", {"href": "/x"}),
    13: ("input", {}),
    14: ("canvas", {}),
}
_PAGE = {
    "id": 1,
    "type": 0,
    "childNodes": [
        {"id": node, "type": 2, "tagName": tag, "attributes": attributes, "childNodes": []}
        for node, (tag, attributes) in _TAGS.items()
    ],
}


def _incremental(**data):
    return {"type": 3, "data": data}


_KINDS = st.one_of(
    st.builds(lambda node, x: _incremental(source=2, type=2, id=node, x=x, y=0), _NODES, st.integers(0, 60)),
    st.sampled_from([0, 3, 5, 8, 14]).map(lambda source: _incremental(source=source)),
    st.builds(
        lambda x: _incremental(source=1, positions=[{"x": x, "y": 0, "timeOffset": 0}]), st.integers(0, 300)
    ),
    st.just({"type": 5, "data": {"tag": "error", "payload": {"message": "m"}}}),
    st.just({"type": 5, "data": {"tag": "window visible", "payload": {}}}),
    st.sampled_from(["/a", "/b"]).map(lambda href: {"type": 4, "data": {"href": href}}),
    st.just({"type": 2, "data": {"node": _PAGE}}),
)
_GAPS = st.one_of(st.integers(0, 400), st.sampled_from([999, 1000, 2500, 2750, 3000, 7000]))


@st.composite
def recordings(draw, longest=40):
    at_ms, events = 1000, []
    for event, gap_ms in draw(st.lists(st.tuples(_KINDS, _GAPS), max_size=longest)):
        at_ms += gap_ms
        events.append(json.dumps({**event, "timestamp": at_ms}).encode())
    return events


def _told(signals):
    return [(signal.kind, signal.at_ms, tuple(each.at_ms for each in signal.evidence)) for signal in signals]


@settings(max_examples=150, deadline=None)
@given(recordings(), st.lists(st.integers(0, 40), max_size=5), st.sampled_from(list(PROFILES)))
def test_segment_boundaries_do_not_matter(events, cuts, profile):
    bounds = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    pieces = [
        moment
        for segment_id, (start, end) in enumerate(pairwise(bounds))
        for moment in read_moments(events[start:end], window_id="w", segment_id=segment_id)
    ]
    whole = read_moments(events, window_id="w", segment_id=0)

    in_pieces = detect({"w": pieces}, profile=PROFILES[profile])
    at_once = detect({"w": whole}, profile=PROFILES[profile])

    assert _told(in_pieces) == _told(at_once)
    assert [signal.reason for signal in in_pieces] == [signal.reason for signal in at_once]


@settings(max_examples=80, deadline=None)
@given(recordings(), recordings(), st.sampled_from(list(PROFILES)))
def test_another_window_changes_nothing(events, others, profile):
    window = read_moments(events, window_id="w", segment_id=0)
    other = read_moments(others, window_id="v", segment_id=0)

    alone = detect({"w": window}, profile=PROFILES[profile])
    both = detect({"v": other, "w": window}, profile=PROFILES[profile])

    assert tuple(signal for signal in both if signal.evidence[0].window_id == "w") == alone
    assert both == detect({"w": window, "v": other}, profile=PROFILES[profile])


@settings(max_examples=80, deadline=None)
@given(recordings(), st.integers(0, 40), st.sampled_from(list(PROFILES)))
def test_a_signal_once_given_stays_when_the_recording_goes_on(events, cut, profile):
    before = detect_report(events[:cut], profile=PROFILES[profile]).signals
    after = detect_report(events, profile=PROFILES[profile]).signals

    assert set(before) <= set(after)


@settings(max_examples=80, deadline=None)
@given(recordings(), st.sampled_from(list(PROFILES)))
def test_a_signal_ends_with_the_event_that_completes_it(events, profile):
    for signal in detect_report(events, profile=PROFILES[profile]).signals:
        assert signal.at_ms == json.loads(events[signal.event_indices[-1]])["timestamp"]
        assert list(signal.event_indices) == sorted(set(signal.event_indices))


@settings(max_examples=80, deadline=None)
@given(recordings())
def test_no_click_is_both_slow_and_dead(events):
    for profile in PROFILES.values():
        signals = detect_report(events, profile=profile).signals
        slow = {signal.event_indices[0] for signal in signals if signal.kind == "slow_click"}
        dead = {signal.event_indices[0] for signal in signals if signal.kind == "dead_click"}
        assert not slow & dead


_FIELDS = [
    "type",
    "timestamp",
    "data",
    "source",
    "id",
    "x",
    "y",
    "node",
    "adds",
    "attributes",
    "positions",
    "tag",
    "payload",
    "childNodes",
    "tagName",
    "textContent",
    "parentId",
    "href",
    "plugin",
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(_FIELDS),
            inner | st.integers(0, 6),
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(_JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=20)), max_size=6
    )
)
def test_nothing_that_is_sent_raises(events):
    moments = read_moments(events, window_id="w", segment_id=0)
    notable_events(moments)

    assert features(moments)["events"] == len(moments)
    for profile in PROFILES.values():
        detect_report(events, profile=profile)


@pytest.mark.parametrize("has_node", [True, False])
def test_ten_thousand_events_at_one_moment_are_read_in_a_moment(has_node):
    clicks = [
        _incremental(source=2, type=2, id=place if has_node else None, x=place * 60, y=0) | {"timestamp": 1}
        for place in range(5000)
    ]
    scrolls = [{"type": 3, "timestamp": 500, "data": {"source": 3}}] * 4999
    events = [json.dumps(event).encode() for event in [*clicks, *scrolls, {"type": 0, "timestamp": 9000}]]

    for profile in PROFILES.values():
        started = time.process_time()
        detect_report(events, profile=profile)
        # 0.2 s here; comparing every click with everything after it takes half a minute.
        assert time.process_time() - started < 5
