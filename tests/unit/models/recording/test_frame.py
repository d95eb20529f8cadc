import json

import pytest
import zstandard
from hypothesis import given, strategies as st

from traceflow.models.errors import RecordCorrupt
from traceflow.models.recording.frame import encode_frame, encode_lines, inflate_frames, read_frames

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["window_id", "segment_id", "type", "window_id ", "data"]) | st.text(max_size=12)


def line(event: bytes) -> bytes:
    encoded = encode_lines([event], window_id="w1", segment_id=7)
    assert encoded.endswith(b"\n")
    assert encoded.count(b"\n") == 1
    return encoded[:-1]


def escaped(name: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in name)


def test_a_line_is_the_event_with_window_and_segment_put_first() -> None:
    assert line(b'{"type":3,"data":{"a": 1.50}}') == (
        b'{"window_id":"w1","segment_id":7,"type":3,"data":{"a": 1.50}}'
    )


@pytest.mark.parametrize(
    "event",
    [
        b'{"window_id":"other","type":3}',
        b'{"type":3,"segment_id":99}',
        b'{"segment_id":1,"type":3,"window_id":{"deep":[1,"}"]}}',
        b'{"window_id":1,"window_id":2,"type":3,"segment_id":3,"segment_id":4}',
        b'{"window\\u005fid":1,"type":3}',
        b'{"window\\u005Fid":1,"type":3}',
        b'{"' + escaped("segment_id").encode() + b'" : "x", "type":3}',
        b'{\n  "window_id" : "other",\r\n  "type":3\n}',
        b' {"window_id":"a \\" quoted , } end","type":3} ',
    ],
)
def test_the_events_own_members_of_the_two_names_are_left_out(event: bytes) -> None:
    assert line(event) == b'{"window_id":"w1","segment_id":7,"type":3}'


def test_members_of_the_two_names_deeper_in_the_event_stay() -> None:
    event = b'{"type":5,"data":{"window_id":"mine","payload":[{"segment_id":1}]}}'

    assert line(event) == b'{"window_id":"w1","segment_id":7,' + event[1:]


def test_an_event_left_without_members_is_still_an_object() -> None:
    assert line(b'{"window_id":1}') == b'{"window_id":"w1","segment_id":7}'
    assert line(b"{ }") == b'{"window_id":"w1","segment_id":7}'


def test_line_ends_between_tokens_do_not_break_a_line_in_two() -> None:
    assert (
        line(b'{\r\n"type":\n3,\n"a":[1,\r2]\n}') == b'{"window_id":"w1","segment_id":7,"type":3,"a":[1,2]}'
    )


@pytest.mark.parametrize(
    "rest",
    [
        b'"data":"\\ud800 lone"',
        b'"data":1e400',
        b'"data":123456789012345678901234567890',
        b'"data":{"a":1,"a":2}',
        b'"data":"line\\nend\\r"',
        '"data":"\u2028\u2029é😀"'.encode(),
    ],
)
def test_what_no_parser_would_keep_stays_byte_for_byte(rest: bytes) -> None:
    expected = b'{"window_id":"w1","segment_id":7,' + rest + b"}"

    assert line(b"{" + rest + b"}") == expected
    assert line(b'{"window_id":0,' + rest + b"}") == expected


@given(st.lists(st.tuples(names, json_values), max_size=6), st.sampled_from([None, 2]), st.booleans())
def test_any_object_keeps_its_other_members_in_order(
    members: list[tuple[str, object]], indent: int | None, ascii_only: bool
) -> None:
    comma = "," if indent is None else ",\n  "
    pairs = [f"{json.dumps(key, ensure_ascii=ascii_only)}: {json.dumps(value)}" for key, value in members]
    event = ("{" + comma.join(pairs) + "}").encode("utf-8", "surrogatepass")

    read = json.loads(line(event).decode("utf-8", "surrogatepass"), object_pairs_hook=list)

    # object_pairs_hook turns inner objects into lists of pairs too, so compare through the same reading.
    kept = [
        (key, json.loads(json.dumps(value), object_pairs_hook=list))
        for key, value in members
        if key not in {"window_id", "segment_id"}
    ]
    assert [tuple(pair) for pair in read] == [("window_id", "w1"), ("segment_id", 7), *kept]


def test_a_frame_carries_its_size_and_a_checksum() -> None:
    parameters = zstandard.get_frame_parameters(encode_frame(b"x\n" * 1000))

    assert parameters.content_size == 2000
    assert parameters.has_checksum


def test_lines_are_read_across_frames() -> None:
    frames = b"".join(encode_frame(b'{"n":%d}\n' % number) for number in range(3))

    assert list(read_frames(frames)) == [b'{"n":0}', b'{"n":1}', b'{"n":2}']


def test_an_empty_segment_is_a_frame_of_no_lines() -> None:
    frames = (
        encode_frame(b"a\n")
        + encode_frame(encode_lines([], window_id="w", segment_id=0))
        + encode_frame(b"b\n")
    )

    assert list(read_frames(frames)) == [b"a", b"b"]


def test_a_long_line_comes_back_whole() -> None:
    long = bytes(range(32, 127)) * 20_000

    assert list(read_frames(encode_frame(long + b"\n" + b"x\n"))) == [long, b"x"]


@pytest.mark.parametrize("cut", [1, 4, 20])
def test_a_frame_that_ends_too_early_is_corrupt(cut: int) -> None:
    frames = encode_frame(b"whole\n") + encode_frame(b"torn line of text\n")[:-cut]

    with pytest.raises(RecordCorrupt):
        list(read_frames(frames))


def test_a_flipped_byte_is_corrupt() -> None:
    frame = bytearray(encode_frame(b"some text that is long enough to matter\n"))
    frame[12] ^= 1

    with pytest.raises(RecordCorrupt):
        list(inflate_frames(bytes(frame)))


def test_a_recording_that_ends_within_a_line_is_corrupt() -> None:
    with pytest.raises(RecordCorrupt):
        list(read_frames(encode_frame(b"no end")))
