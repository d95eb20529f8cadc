import gzip

import pytest

from traceflow.models.envelope.decode import content_hash
from traceflow.models.envelope.opening import Arrival, open_envelope, sdk_label
from traceflow.models.errors import EnvelopeTooLarge
from traceflow.models.session.key import SessionKey
from traceflow.models.wire.segment import SdkWire

SESSION = SessionKey(tenant_id="acme", project_id="shop", session_id="s1")
EVENTS = b'[{"type":4,"timestamp":1,"data":{}}]'
DOCUMENT = (
    b'{"window_id":"w1","segment_id":2,"sent_at_ms":5,"final":true,"sdk":{"name":"web","version":"1.0.0"},'
    b'"visitor":{"anonymous_id":"v1"},"events":' + EVENTS + b"}"
)


def test_an_envelope_says_who_what_and_when() -> None:
    arrival = Arrival(session=SESSION, received_at_ms=9, encoding="gzip", body=gzip.compress(DOCUMENT))

    envelope = open_envelope(arrival, hash_key=b"k" * 32)

    assert (envelope.session, envelope.window_id, envelope.segment_id) == (SESSION, "w1", 2)
    assert (envelope.sent_at_ms, envelope.received_at_ms, envelope.is_final) == (5, 9, True)
    assert (envelope.sdk, envelope.visitor) == ("web/1.0.0", b'{"anonymous_id":"v1"}')
    assert (envelope.events, envelope.event_count) == (EVENTS, 1)
    assert envelope.content_hash == content_hash(EVENTS, key=b"k" * 32)
    assert not envelope.masked


def test_an_envelope_over_the_limit_is_not_opened() -> None:
    arrival = Arrival(session=SESSION, received_at_ms=9, encoding="identity", body=DOCUMENT)

    with pytest.raises(EnvelopeTooLarge):
        open_envelope(arrival, hash_key=b"k" * 32, limit_bytes=len(DOCUMENT) - 1)


@pytest.mark.parametrize(
    ("name", "version", "label"),
    [
        ("web", "1.0.0", "web/1.0.0"),
        ("react-native", "2.11", "react-native/2.11"),
        ("rrweb file", "3", "rrweb file/3"),
        ("web", "1.0.0-beta.2", "web/1.0.0-beta.2"),
        ("jane.doe@example.com", "1.0.0", "other/1.0.0"),
        ("4111111111111111", "4111 1111 1111 1111", "other/other"),
        ("DE89370400440532013000", "10.1.2.3", "other/other"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "123-45-6789", "other/other"),
        ("", "", "other/other"),
        ("web\n", "1.0.0\n", "other/other"),
    ],
)
def test_an_sdk_label_has_no_room_for_personal_data(name: str, version: str, label: str) -> None:
    assert sdk_label(SdkWire(name=name, version=version)) == label
