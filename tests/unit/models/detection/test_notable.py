from typing import Any

from traceflow.models.detection.moment import read_moments
from traceflow.models.detection.notable import notable_events
from traceflow.models.session.facts import ErrorSeen


def test_an_error_keeps_name_and_message_apart(recording: Any) -> None:
    (error,) = notable_events(read_moments(recording.error(5).raw(), window_id="w", segment_id=0))

    assert isinstance(error, ErrorSeen)
    assert (error.kind, error.name) == ("error", "x is undefined")
    assert (error.error_name, error.message) == ("TypeError", "x is undefined")


def test_what_the_sdk_says_of_clicks_and_of_the_page_is_no_event_of_the_visit(recording: Any) -> None:
    recording.add(1, 5, tag="page_facts", payload={"device": "mobile"})
    recording.add(2, 5, tag="click", payload={"selector": "#pay", "node_id": 3})
    recording.add(3, 5, tag="click", payload={"name": "a tag of the page's own"})
    recording.add(4, 5, tag="web_vital", payload={"name": "LCP", "value": 3, "rating": "good"})

    found = notable_events(read_moments(recording.raw(), window_id="w", segment_id=0))

    assert [(event.kind, event.name) for event in found] == [
        ("click", "a tag of the page's own"),
        ("web_vital", "LCP"),
    ]
