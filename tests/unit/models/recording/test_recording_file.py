import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
import zstandard
from hypothesis import example, given, settings, strategies as st

from traceflow.models.envelope.depth import allow_deep_json
from traceflow.models.errors import RecordingInvalid
from traceflow.models.recording.recording_file import read_recording

EVENTS = [{"type": 4, "timestamp": 1.5, "data": {"href": "https://a/ä"}}, {"type": 3, "timestamp": 2**53}]
ARRAY = json.dumps(EVENTS, ensure_ascii=False).encode()
OBJECT = b'{"version": 1, "events": ' + ARRAY + b', "more": []}'


def complaint(content: bytes) -> str:
    with pytest.raises(RecordingInvalid) as raised:
        read_recording(content)
    return raised.value.message


@pytest.mark.parametrize("document", [ARRAY, OBJECT, b" \n" + ARRAY + b"\n", b"\xef\xbb\xbf" + ARRAY])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_an_array_and_an_object_are_read_plain_and_packed(document: bytes, pack: type[bytes]) -> None:
    events = read_recording(pack(document))

    assert [json.loads(event) for event in events] == EVENTS


def test_events_stay_the_bytes_that_they_were() -> None:
    event = b'{ "timestamp":1e3, "type":3, "data":"\\ud800 \\u00e4", "n": 1E400, "n": 2 }'

    assert read_recording(b"[" + event + b"]") == (event,)
    assert read_recording(b'{"a": "\\udfff", "events": [' + event + b"]}") == (event,)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (b"[]", "the recording has no events"),
        (b'{"events": []}', "the recording has no events"),
        (b"null", "a recording is a JSON array of events, or an object with an array 'events'"),
        (b'{"event": []}', "Object missing required field `events`"),
        (b'{"events": 5}', "Expected `array`, got `int`"),
        (b"[5]", "Expected `object`, got `int` - at `events[0]`"),
        (
            b'[{"type":1,"timestamp":2},{"type":1}]',
            "Object missing required field `timestamp` - at `events[1]`",
        ),
        (b'[{"type":"a","timestamp":2}]', "Expected `int`, got `str` - at `events[0].type`"),
        (b'[{"type":1,"timestamp":9007199254740994}]', "events[0].timestamp"),
        (b'[{"type":1,"timestamp":NaN}]', "JSON is malformed: invalid character at line 1, column 24"),
        (b'[{"type":1,\n"timestamp" 2}]', "JSON is malformed: expected ':' at line 2, column 13"),
        (b'{"a":1,\n"events":[{"type":1,\n\n"timestamp" 2}]}', "expected ':' at line 4, column 13"),
        (b'[{"type":1,\n"timestamp":2,"d":"\xff"}]', "the text is not UTF-8 at line 2, column 20"),
        (gzip.compress(ARRAY)[:-9], "the gzip file does not unpack: "),
        (zstandard.compress(ARRAY)[:-3], "the zstd file does not unpack: "),
        (json.dumps(EVENTS).encode("utf-16"), "the text is not UTF-8 at line 1, column 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: bytes, told: str) -> None:
    message = complaint(content)

    assert told in message
    assert "\n" not in message


def test_the_place_counts_from_the_first_line_of_the_file() -> None:
    assert "at line 4, column 13" in complaint(b'\n\n [{"type":1,\n"timestamp" 2}]')


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_deep_nesting_is_a_complaint(depth: int) -> None:
    assert complaint(b'[{"type":1,"timestamp":1,"d":' + b"[" * depth + b"]" * depth + b"}]")
    assert complaint(b'{"events":' + b"[" * depth)


@given(content=st.binary(max_size=60))
@example(b"\x28\xb5\x2f\xfd")
@example(b"\x1f\x8b")
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with suppress(RecordingInvalid):
        assert read_recording(content)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_damage_raises_anything_else(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([ARRAY, OBJECT, gzip.compress(OBJECT), zstandard.compress(OBJECT)]))
    broken = bytearray(whole)
    for position in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
        broken[position] = data.draw(st.integers(0, 255))

    with suppress(RecordingInvalid):
        assert read_recording(bytes(broken[: data.draw(st.integers(0, len(whole)))]))


@pytest.fixture
def deep_json() -> Iterator[None]:
    before = sys.getrecursionlimit()
    allow_deep_json()
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize(("levels", "is_taken"), [(997, True), (998, False), (100_000, False)])
@pytest.mark.usefixtures("deep_json")
def test_what_ingest_would_refuse_as_nested_too_deep_is_refused_here(levels: int, is_taken: bool) -> None:
    event = b'{"type":4,"timestamp":1,"data":' + b"[" * levels + b"]" * levels + b"}"

    if is_taken:
        assert read_recording(b"[" + event + b"]") == (event,)
    else:
        assert "nested" in complaint(b"[" + event + b"]")
