import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from traceflow.models.envelope.decode import MAX_EVENTS, content_hash, decode_segment
from traceflow.models.envelope.depth import MAX_DEPTH
from traceflow.models.errors import EnvelopeInvalid, EnvelopeTooLarge

HEAD = (
    b'"window_id":"w1","segment_id":3,"sent_at_ms":1764000000000,"sdk":{"name":"web","version":"1.0.0"},'
    b'"visitor":{"anonymous_id":"v1"}'
)
EVENT = b'{"type":3,"timestamp":1764000000000,"data":{"source":2}}'


def document(events: bytes = b"[" + EVENT + b"]", *, head: bytes = HEAD, tail: bytes = b"") -> bytes:
    return b"{" + head + b',"events":' + events + tail + b"}"


def replaced(old: bytes, new: bytes) -> bytes:
    assert old in document()
    return document().replace(old, new)


def refusal(body: bytes) -> EnvelopeInvalid:
    with pytest.raises(EnvelopeInvalid) as caught:
        decode_segment(body)
    return caught.value


def test_a_segment_is_decoded_and_its_events_stay_as_sent() -> None:
    events = b'[ {"type" : 3,\n"timestamp":1764000000000.5, "data":{"\\u00e9":"\\/"}} ,' + EVENT + b" ]"
    visitor = b'{"anonymous_id":"v1", "traits" : {"plan":"\xc3\xa9"}}'
    head = HEAD.replace(b'{"anonymous_id":"v1"}', visitor)

    segment = decode_segment(b" " + document(b"  " + events + b" ", head=head, tail=b',"final":true') + b"\n")

    assert segment.events == events
    assert segment.event_count == 2
    assert segment.visitor == visitor
    assert segment.fields.window_id == "w1"
    assert segment.fields.segment_id == 3
    assert segment.fields.sent_at_ms == 1764000000000
    assert segment.fields.final


def test_optional_fields_may_be_missing_and_unknown_ones_are_ignored() -> None:
    segment = decode_segment(document(b"[]", tail=b',"more":[{"events":[1]}],"\xc3\xa9":null'))

    assert segment.events == b"[]"
    assert segment.event_count == 0
    assert not segment.fields.final


@pytest.mark.parametrize(
    "data",
    [
        b'"\\ud800"',
        b'"\\uDFFF and \\ud83d\\ude00 and \\ud83d"',
        b'"\\\\ud800 \\\\\\ud800"',
        b'{"\\udc00":"\\ude00\\ud83d"}',
        b"1e999",
        b"-" + b"9" * 5000,
        b'{"a":1,"a":2}',
        b'"\\u0000"',
        b'"\xed\x9f\xbf"',
    ],
)
def test_odd_values_inside_an_event_are_kept_as_sent(data: bytes) -> None:
    events = b'[{"type":3,"timestamp":1,"data":' + data + b"}]"

    assert decode_segment(document(events)).events == events


def test_events_are_cut_where_they_stand_and_not_where_a_copy_stands() -> None:
    events = b'[{"type":3,"timestamp":1,"data":"\\ud800"}]'
    copy = events.replace(b"\\ud800", b"\\ufffd")

    segment = decode_segment(document(events, head=b'"copy":' + copy + b"," + HEAD, tail=b',"again":' + copy))

    assert segment.events == events


def test_lone_surrogates_in_an_event_change_nothing_outside_the_events() -> None:
    events = b'[{"type":3,"timestamp":1,"data":"\\ud800"}]'
    head = HEAD.replace(b'"v1"', b'"a\\\\b \\ud83d\\ude00"')

    assert decode_segment(document(events, head=head)).visitor == b'{"anonymous_id":"a\\\\b \\ud83d\\ude00"}'
    assert refusal(document(events, head=HEAD.replace(b"w1", b"a\\\\b"))).context["path"] == "window_id"


def test_odd_events_are_kept_though_a_copy_stands_before_them() -> None:
    events = b'[{"type":3,"timestamp":1,"data":{"a":1e999,"a":1}}]'

    assert decode_segment(document(events, head=b'"copy":[' + events + b"]," + HEAD)).events == events
    assert (
        refusal(document(events, head=b'"copy":' + events + b',"copy":1,' + HEAD)).context["path"] == "copy"
    )


def test_copies_of_an_empty_array_do_not_matter() -> None:
    traits = b'{"anonymous_id":"v1","traits":{"a":[' + b"[]," * 50 + b"[]]}}"

    assert decode_segment(document(b"[ ]", tail=b',"visitor":' + traits, head=HEAD.rpartition(b",")[0]))


def test_an_escaped_name_is_the_same_name() -> None:
    assert decode_segment(replaced(b'"events"', b'"\\u0065vents"')).event_count == 1


@pytest.mark.parametrize("timestamp", [b"0", b"-0", b"0.5", b"1e3", b"9007199254740992"])
def test_times_within_bounds_are_taken(timestamp: bytes) -> None:
    assert decode_segment(document(b'[{"type":-1,"timestamp":' + timestamp + b"}]")).event_count == 1


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (b'"window_id":"w1",', b"", "window_id"),
        (b'"segment_id":3,', b"", "segment_id"),
        (b'"sent_at_ms":1764000000000,', b"", "sent_at_ms"),
        (b'"sdk":{"name":"web","version":"1.0.0"},', b"", "sdk"),
        (b'"name":"web",', b"", "sdk.name"),
        (b',"version":"1.0.0"', b"", "sdk.version"),
        (b'"visitor":{"anonymous_id":"v1"},', b"", "visitor"),
        (b'"anonymous_id":"v1"', b"", "visitor.anonymous_id"),
        (b',"events":[' + EVENT + b"]", b"", "events"),
        (b'"w1"', b'""', "window_id"),
        (b'"w1"', b'"' + b"w" * 129 + b'"', "window_id"),
        (b'"w1"', b'"a b"', "window_id"),
        (b'"w1"', b'"a\\n"', "window_id"),
        (b'"w1"', b'"\xc3\xa9"', "window_id"),
        (b'"w1"', b"null", "window_id"),
        (b'"segment_id":3', b'"segment_id":-1', "segment_id"),
        (b'"segment_id":3', b'"segment_id":2147483648', "segment_id"),
        (b'"segment_id":3', b'"segment_id":3.5', "segment_id"),
        (b'"segment_id":3', b'"segment_id":"3"', "segment_id"),
        (b'"segment_id":3', b'"segment_id":true', "segment_id"),
        (b'"segment_id":3', b'"segment_id":1e999', "segment_id"),
        (b'"segment_id":3', b'"segment_id":' + b"9" * 5000, "segment_id"),
        (b'"sent_at_ms":1764000000000', b'"sent_at_ms":9007199254740993', "sent_at_ms"),
        (b'"web"', b"7", "sdk.name"),
        (b'{"anonymous_id":"v1"}', b"null", "visitor"),
        (b'{"anonymous_id":"v1"}', b"[]", "visitor"),
        (b'"v1"', b"1", "visitor.anonymous_id"),
        (b'"v1"', b'"v1","identified_id":1', "visitor.identified_id"),
        (b'"v1"', b'"v1","traits":[]', "visitor.traits"),
        (b'"window_id"', b'"final":1,"window_id"', "final"),
        (b'"window_id"', b'"final":null,"window_id"', "final"),
        (b'"type":3,', b"", "events[0].type"),
        (b'"type":3', b'"type":3.0', "events[0].type"),
        (b'"type":3', b'"type":true', "events[0].type"),
        (b'"type":3', b'"type":"3"', "events[0].type"),
        (b'"timestamp":1764000000000,', b"", "events[0].timestamp"),
        (b'"timestamp":1764000000000', b'"timestamp":-0.5', "events[0].timestamp"),
        (b'"timestamp":1764000000000', b'"timestamp":9007199254740993', "events[0].timestamp"),
        (b'"timestamp":1764000000000', b'"timestamp":1e999', "events[0].timestamp"),
        (b'"timestamp":1764000000000', b'"timestamp":"now"', "events[0].timestamp"),
        (b'"timestamp":1764000000000', b'"timestamp":null', "events[0].timestamp"),
        (b'"timestamp":1764000000000', b'"timestamp":false', "events[0].timestamp"),
        (b"[" + EVENT + b"]", b"{}", "events"),
        (b"[" + EVENT + b"]", b"null", "events"),
        (b"[" + EVENT + b"]", b"[" + EVENT + b",[]]", "events[1]"),
        (b"[" + EVENT + b"]", b"[" + EVENT + b"," + EVENT + b',{"type":1}]', "events[2].timestamp"),
        (b'"window_id":"w1"', b'"window_id":"w1","window_id":"w1"', "window_id"),
        (b'"web"', b'"web","name":"web"', "name"),
        (b'"v1"', b'"v1","anonymous_id":"v2"', "anonymous_id"),
        (b'"v1"', b'"v1","traits":{"plan":1,"plan":1}', "plan"),
        (b'"events":', b'"events":[],"events":', "events"),
        (b'"events":', b'"\\u0065vents":[],"events":', "events"),
        (b'"w1"', b'"\\ud800"', "window_id"),
        (b'"v1"', b'"\\udc00"', "visitor"),
        (b'"v1"', b'"v1","traits":{"\\ud800":1}', "visitor"),
        (b'"web"', b'"\\uD83D"', "sdk"),
        (b'"window_id"', b'"unknown":"\\ud800\\u0041","window_id"', "unknown"),
    ],
)
def test_a_misfit_is_refused_by_its_path(old: bytes, new: bytes, path: str) -> None:
    assert refusal(replaced(old, new)).context["path"] == path


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        document()[:-1],
        document() + b"}",
        document() + b"\x00",
        b"\xef\xbb\xbf" + document(),
        document().decode().encode("utf-16"),
        replaced(b'"source":2', b'"source":NaN'),
        replaced(b'"source":2', b'"source":-Infinity'),
        replaced(b'"source":2', b'"source":02'),
        replaced(b'"source":2', b'"source":"\xff"'),
        replaced(b'"source":2', b'"source":"\xed\xa0\x80"'),
        replaced(b'"source":2', b'"source":"\xc0\xaf"'),
        replaced(b'"source":2', b'"source":"\\x"'),
        replaced(b'"source":2', b'"source":"\x01"'),
        replaced(b'"source":2', b'"source":"\\ud80"'),
        replaced(b'"source":2', b'"source":2,'),
        replaced(b'"source":2', b'"source":' + b"[" * 1000 + b"]" * 1000),
        replaced(b'"source":2', b'"source":' + b"[" * 100_000),
        replaced(b'"v1"', b'"v1","traits":{"n":1e999}'),
        replaced(b'"v1"', b'"v1","traits":{"n":-1e999}'),
        replaced(b'"v1"', b'"v1","traits":{"n":' + b"9" * 400 + b"}"),
        replaced(b'"v1"', b'"\xff"'),
        b'{"events":' * 100_000,
    ],
)
def test_what_is_no_json_or_too_deep_is_refused(body: bytes) -> None:
    assert refusal(body).message


def test_the_greatest_depth_is_read() -> None:
    depth = MAX_DEPTH - 4  # The envelope, its events, the event and its data.
    deep = b"[" * depth + b"]" * depth

    assert decode_segment(replaced(b'"source":2', b'"source":' + deep)).event_count == 1
    assert decode_segment(document(tail=b',"unknown":' + b"[" * 999 + b"]" * 999)).event_count == 1


def test_too_many_events_are_too_large() -> None:
    event = b'{"type":3,"timestamp":1}'
    most = b"[" + b",".join([event] * MAX_EVENTS) + b"]"

    assert decode_segment(document(most)).event_count == MAX_EVENTS
    with pytest.raises(EnvelopeTooLarge):
        decode_segment(document(most[:-1] + b"," + event + b"]"))


def test_a_hash_depends_on_key_and_events() -> None:
    hashes = {content_hash(events, key=key) for events in (b"[]", b"[ ]") for key in (b"k" * 32, b"l" * 32)}

    assert len(hashes) == 4
    assert {len(digest) for digest in hashes} == {16}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=15,
)
ANY_TEXT = st.text(st.characters(), max_size=8)


@settings(max_examples=150)
@given(
    data=st.lists(JSON | ANY_TEXT, max_size=4),
    unknown=JSON,
    indent=st.sampled_from([None, 1]),
    is_ascii=st.booleans(),
)
def test_the_events_of_any_json_come_back_as_sent(
    data: list[Any], unknown: Any, indent: int | None, is_ascii: bool
) -> None:
    events = json.dumps(
        [{"type": 5, "timestamp": 7, "data": value} for value in data], indent=indent, ensure_ascii=is_ascii
    ).encode("utf-8", "replace")
    extra = b',"unknown":' + json.dumps(unknown).encode()

    assert decode_segment(document(events, tail=extra)).events == events


@settings(max_examples=200)
@given(st.binary(max_size=60), st.integers(0, len(document())), st.integers(0, 8))
def test_any_damage_gives_a_segment_or_a_refusal(noise: bytes, at: int, cut: int) -> None:
    body = document()[:at] + noise + document()[at + cut :]

    with suppress(EnvelopeInvalid, EnvelopeTooLarge):
        assert decode_segment(body).events in body


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (HEAD, b""),
        (HEAD, b',"more":[1]'),
        (HEAD, b',"more":"]"'),
        (HEAD, b',"more":{"events":[]}'),
        (HEAD + b',"more":{"events":[{"type":1,"timestamp":1}]}', b""),
        (HEAD + b',"more":"\\"events\\":["', b',"less":"]"'),
        (HEAD + b',"more":["events"]', b',"less":["events",[]]'),
    ],
)
def test_the_events_are_found_whatever_stands_around_them(head: bytes, tail: bytes) -> None:
    events = b"[" + EVENT + b" , " + EVENT.replace(b'"source":2', b'"text":"]}],\\"events\\":["') + b"]"

    segment = decode_segment(document(events, head=head, tail=tail))

    assert segment.events == events
    assert segment.event_count == 2


@pytest.mark.parametrize(
    "body",
    [
        document(b"Infinity", tail=b',"more":"\\"events\\":[]"'),
        document(b"NaN", tail=b',"more":[]'),
        document(b"[" + EVENT + b']," more":NaN,"less":[]'),
        document(b"[" + EVENT + b"]]"),
        document(b"[" + EVENT + b'],"events":[' + EVENT + b"]"),
        document(b"[" + EVENT + b'],"\\u0065vents":[]'),
        b'{"\\u0065vents":[' + EVENT + b"]," + HEAD + b',"events":[]}',
    ],
)
def test_what_only_looks_like_the_events_does_not_stand_for_them(body: bytes) -> None:
    assert refusal(body)
