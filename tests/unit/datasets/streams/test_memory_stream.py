from dataclasses import replace

import pytest

from traceflow.datasets.streams.memory_stream import MemoryStream
from traceflow.models.envelope.envelope import Envelope
from traceflow.models.errors import SegmentConflict
from traceflow.models.outcome import Count, Outcome
from traceflow.models.session.key import SessionKey

ENVELOPE = Envelope(
    session=SessionKey(tenant_id="acme", project_id="shop", session_id="s1"),
    window_id="w1",
    segment_id=0,
    sent_at_ms=1,
    received_at_ms=2,
    is_final=False,
    sdk="web/1",
    visitor=b"null",
    events=b"[]",
    event_count=0,
    content_hash=b"h" * 16,
)


async def test_the_same_segment_again_is_a_duplicate_and_counted() -> None:
    stream = MemoryStream()

    first = await stream.append(ENVELOPE)
    again = await stream.append(replace(ENVELOPE, sent_at_ms=3, content_hash=bytes(b"h" * 16)))

    assert (first.is_duplicate, again.is_duplicate) == (False, True)
    assert stream.entries == [ENVELOPE]
    assert stream.counts == {("acme", "shop", Outcome.FILTERED, "duplicate"): 1}


async def test_other_events_under_the_same_number_are_a_conflict() -> None:
    stream = MemoryStream()
    await stream.append(ENVELOPE)

    with pytest.raises(SegmentConflict):
        await stream.append(replace(ENVELOPE, content_hash=b"i" * 16))

    assert stream.entries == [ENVELOPE]
    assert stream.counts == {("acme", "shop", Outcome.INVALID, "conflict"): 1}


async def test_windows_and_segments_are_told_apart() -> None:
    stream = MemoryStream()
    others = [ENVELOPE, replace(ENVELOPE, window_id="w2"), replace(ENVELOPE, segment_id=1)]

    assert [(await stream.append(other)).is_duplicate for other in others] == [False, False, False]


def test_counts_add_up() -> None:
    stream = MemoryStream()
    for _ in range(2):
        stream.count(Count(tenant_id="acme", project_id="shop", outcome=Outcome.INVALID, segments=3))

    assert stream.counts["acme", "shop", Outcome.INVALID, ""] == 6
