import pytest

from traceflow.models.enrichment.client import UNKNOWN, Client, client_of
from traceflow.models.enrichment.page_facts import PageFacts

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"


def test_each_fact_is_the_first_that_a_window_knows() -> None:
    described = [
        PageFacts(device="mobile", release="1"),
        PageFacts(device="desktop", browser="Firefox", os="Linux", release="2", environment="staging"),
    ]

    assert client_of(described, viewport_width=1280) == Client(
        device="mobile", browser="Firefox", os="Linux", release="1", environment="staging"
    )


def test_a_user_agent_says_what_the_sdk_left_out() -> None:
    client = client_of([PageFacts(user_agent=PHONE)], viewport_width=1280)

    assert (client.device, client.browser, client.os) == ("mobile", "Safari", "iOS")


def test_what_the_sdk_says_counts_more_than_its_user_agent() -> None:
    client = client_of([PageFacts(user_agent=PHONE, device="desktop", browser="Other")], viewport_width=None)

    assert (client.device, client.browser, client.os) == ("desktop", "Other", "iOS")


@pytest.mark.parametrize(
    ("width", "device"),
    [
        (390, "mobile"),
        (767, "mobile"),
        (768, "tablet"),
        (991, "tablet"),
        (992, "desktop"),
        (1, None),
        (None, None),
    ],
)
def test_without_the_sdk_the_width_of_the_page_tells_the_device_and_nothing_else(
    width: float | None, device: str | None
) -> None:
    assert client_of([], viewport_width=width) == Client(device=device)


def test_nothing_known_is_unknown_and_a_country_never_is() -> None:
    assert client_of([], viewport_width=None) == UNKNOWN
    assert client_of([PageFacts(release="1")], viewport_width=500).country is None
