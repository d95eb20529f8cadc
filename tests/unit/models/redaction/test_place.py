import json

from traceflow.models.recording.frame import encode_lines
from traceflow.models.redaction.place import TokenFinder

EMAIL = "[EMAIL:UM2LR733AVEOQDDF]"
CARD = "[CARD:ABCDEFGHIJKLMNOP]"


def lines(segment_id: int, *events: object, window_id: str = "w1") -> list[bytes]:
    encoded = [json.dumps(event).encode() for event in events]
    return encode_lines(encoded, window_id=window_id, segment_id=segment_id).splitlines()


def event(at_ms: int, data: object) -> dict[str, object]:
    return {"type": 5, "timestamp": at_ms, "data": data}


def test_tokens_are_found_by_event_and_path_in_their_order() -> None:
    events = lines(
        3,
        event(10, {"text": "nothing"}),
        event(20, {"list": [{"a": "x"}, {"a": f"mail {EMAIL} or {CARD}"}], "z": CARD}),
    )

    found = [
        (each.segment_id, each.event_index, each.at_ms, each.path, each.type)
        for each in TokenFinder().find(events)
    ]

    assert found == [
        (3, 1, 20, "data.list[1].a", "EMAIL"),
        (3, 1, 20, "data.list[1].a", "CARD"),
        (3, 1, 20, "data.z", "CARD"),
    ]


def test_events_are_counted_anew_in_each_segment_and_window() -> None:
    masked = event(1, EMAIL)
    stored = [*lines(0, masked, masked), *lines(1, masked), *lines(0, masked, window_id="w2")]
    finder = TokenFinder()

    found = [*finder.find(stored[:1]), *finder.find(stored[1:])]

    assert [(each.window_id, each.segment_id, each.event_index) for each in found] == [
        ("w1", 0, 0),
        ("w1", 0, 1),
        ("w1", 1, 0),
        ("w2", 0, 0),
    ]


def test_a_key_can_be_a_token() -> None:
    (found,) = TokenFinder().find(lines(0, event(1, {EMAIL: 1})))

    assert (found.path, found.token) == (f"data.{EMAIL}", EMAIL)


def test_what_looks_like_a_token_and_is_none_is_not_shown() -> None:
    assert (
        list(TokenFinder().find(lines(0, event(1, "[CARD:5555555555554444] [NOPE:ABCDEFGHIJKLMNOP]")))) == []
    )


def test_what_python_cannot_read_is_passed_over() -> None:
    deep = b'{"type":5,"timestamp":1,"data":%b"%b"%b}' % (b"[" * 100_000, EMAIL.encode(), b"]" * 100_000)
    huge = b'{"type":5,"timestamp":1,"data":["%b",%b]}' % (EMAIL.encode(), b"9" * 5000)
    stored = encode_lines([deep, huge], window_id="w1", segment_id=0).splitlines()

    assert list(TokenFinder().find(stored)) == []
