import pytest

from traceflow.models.envelope.events import event_headers, split_events
from traceflow.models.errors import EnvelopeInvalid

FIRST = b'{"type":2,"timestamp":10,"data":{"text":"}, {"}}'
ODD = b'{"type":3,"timestamp":11.5,"data":["\\ud800","\\\\ud800","\\ud83d\\ude00",1e999],"data":"\xc3\xa9"}'
LAST = b'{ "timestamp" : 12 , "type" : 5 }'


@pytest.mark.parametrize("events", [(), (FIRST,), (FIRST, LAST), (ODD,), (ODD, ODD), (FIRST, ODD, LAST)])
@pytest.mark.parametrize("separator", [b",", b" ,\r\n\t"])
def test_events_come_back_one_by_one_as_sent(events: tuple[bytes, ...], separator: bytes) -> None:
    assert split_events(b"[ " + separator.join(events) + b" ]") == events


def test_headers_tell_type_and_time() -> None:
    headers = event_headers(b"[" + b",".join([FIRST, ODD, LAST]) + b"]")

    assert [(header.type, header.timestamp) for header in headers] == [(2, 10), (3, 11.5), (5, 12)]
    assert isinstance(headers[0].timestamp, int)


@pytest.mark.parametrize("events", [b"", b"{}", b"[1", b"[" * 100_000, b'["\xff', b"null"])
def test_what_is_no_array_is_refused(events: bytes) -> None:
    with pytest.raises(EnvelopeInvalid):
        split_events(events)
    with pytest.raises(EnvelopeInvalid):
        event_headers(events)
