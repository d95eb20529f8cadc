from contextlib import suppress

import msgspec
import pytest
import zstandard
from hypothesis import given, settings, strategies as st

from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import RecordCorrupt
from traceflow.models.session.key import SessionKey
from traceflow.models.wire.stream_entry import StreamEntry, decode_entry, encode_entry

ENVELOPE = Envelope(
    session=SessionKey(tenant_id="acme", project_id="shop", session_id="s1"),
    window_id="w1",
    segment_id=2**31 - 1,
    sent_at_ms=1,
    received_at_ms=2,
    is_final=True,
    sdk="web/1",
    visitor=b'{"anonymous_id":"\xc3\xa4"}',
    events=b'[{"type":3,"timestamp":1,"d":"\\ud800"}]' * 10,
    event_count=10,
    content_hash=bytes(range(16)),
    masked={"EMAIL": 2},
)
PACKED = encode_entry(ENVELOPE)


def test_an_envelope_comes_back_as_it_was() -> None:
    assert decode_entry(PACKED) == ENVELOPE


def test_a_later_field_is_passed_over() -> None:
    fields = msgspec.msgpack.decode(PACKED)

    assert decode_entry(msgspec.msgpack.encode([*fields, "new"])) == ENVELOPE


def test_a_frame_that_claims_to_be_huge_is_corrupt_before_anything_is_allocated() -> None:
    # Magic, a single segment with an 8-byte size, then that size.
    frame = b"\x28\xb5\x2f\xfd\xe0" + (1 << 50).to_bytes(8, "little") + b"\x01\x00\x00"
    assert zstandard.frame_content_size(frame) == 1 << 50
    fields = msgspec.structs.replace(msgspec.msgpack.decode(PACKED, type=StreamEntry), events_zstd=frame)

    with pytest.raises(RecordCorrupt):
        decode_entry(msgspec.msgpack.encode(fields))


@given(st.binary(max_size=100))
@settings(max_examples=300)
def test_bytes_that_are_no_entry_are_corrupt_and_nothing_else(content: bytes) -> None:
    with pytest.raises(RecordCorrupt):
        decode_entry(content)


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_entry_decodes_or_is_corrupt(data: st.DataObject) -> None:
    broken = bytearray(PACKED)
    for position in data.draw(st.lists(st.integers(0, len(PACKED) - 1), min_size=1, max_size=4)):
        broken[position] = data.draw(st.integers(0, 255))

    with suppress(RecordCorrupt):
        decode_entry(bytes(broken[: data.draw(st.integers(0, len(PACKED)))]))
